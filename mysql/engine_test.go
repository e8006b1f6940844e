package mysql

import (
	"testing"
	"testing/fstest"

	"github.com/lockstepdb/lockstep"
)

// The ends of two dumps as the servers' own tools write them.
const (
	dumpOfMySQL = `/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
DROP TABLE IF EXISTS ` + "`child`" + `;
CREATE TABLE ` + "`child`" + ` (
  ` + "`id`" + ` int NOT NULL AUTO_INCREMENT,
  ` + "`pid`" + ` int DEFAULT NULL,
  PRIMARY KEY (` + "`id`" + `),
  KEY ` + "`fk`" + ` (` + "`pid`" + `),
  CONSTRAINT ` + "`fk`" + ` FOREIGN KEY (` + "`pid`" + `) REFERENCES ` + "`parent`" + ` (` + "`id`" + `)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
LOCK TABLES ` + "`child`" + ` WRITE;
/*!40000 ALTER TABLE ` + "`child`" + ` DISABLE KEYS */;
INSERT INTO ` + "`child`" + ` VALUES (1,1),(2,2);
/*!40000 ALTER TABLE ` + "`child`" + ` ENABLE KEYS */;
UNLOCK TABLES;
DELIMITER ;;
/*!50003 CREATE*/ /*!50003 TRIGGER tg BEFORE INSERT ON child FOR EACH ROW BEGIN SET NEW.pid = 1; END */;;
DELIMITER ;
CREATE TABLE ` + "`parent`" + ` (` + "`id`" + ` int NOT NULL, ` + "`name`" + ` varchar(50), PRIMARY KEY (` + "`id`" + `)) ENGINE=InnoDB;
LOCK TABLES ` + "`parent`" + ` WRITE;
INSERT INTO ` + "`parent`" + ` VALUES (1,'a;b'),(2,'c@d.e');
UNLOCK TABLES;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
`
	dumpOfMariaDB = `/*M!999999\- enable the sandbox mode */
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
CREATE TABLE parent (id int NOT NULL, name varchar(50), PRIMARY KEY (id)) ENGINE=InnoDB;
SET @OLD_AUTOCOMMIT=@@AUTOCOMMIT, @@AUTOCOMMIT=0;
LOCK TABLES parent WRITE;
/*!40000 ALTER TABLE parent DISABLE KEYS */;
INSERT INTO parent VALUES
(1,'a;b'),
(2,'c@d.e');
/*!40000 ALTER TABLE parent ENABLE KEYS */;
UNLOCK TABLES;
COMMIT;
SET AUTOCOMMIT=@OLD_AUTOCOMMIT;
CREATE TABLE child (id int PRIMARY KEY, pid int, CONSTRAINT fk FOREIGN KEY (pid) REFERENCES parent (id));
SET @OLD_AUTOCOMMIT=@@AUTOCOMMIT, @@AUTOCOMMIT=0;
LOCK TABLES child WRITE;
INSERT INTO child VALUES (1,1),(2,2);
UNLOCK TABLES;
COMMIT;
SET AUTOCOMMIT=@OLD_AUTOCOMMIT;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
`
	// What people write where there is no IF NOT EXISTS for columns.
	conditional = `SET @missing = (SELECT count(*) = 0 FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'parent' AND COLUMN_NAME = 'note');
SET @sql = IF(@missing, 'ALTER TABLE parent ADD note TEXT', 'DO 0');
PREPARE s FROM @sql;
EXECUTE s;
DEALLOCATE PREPARE s;
CREATE PROCEDURE add_when() BEGIN
  IF NOT EXISTS (SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND COLUMN_NAME = 'added_at') THEN
    ALTER TABLE parent ADD added_at DATETIME;
  END IF;
END;
CALL add_when();
DROP PROCEDURE add_when;
UPDATE parent SET note = 'x', added_at = NOW();
`
)

// TestScriptsOfTheField runs what the servers' tools write and what people
// write, as migrations.
func TestScriptsOfTheField(t *testing.T) {
	onServers(t, func(t *testing.T, s site) {
		dump := dumpOfMySQL
		if s.isMariaDB() {
			dump = dumpOfMariaDB
		}
		set, err := lockstep.Load(fstest.MapFS{
			"20260101000000_import_dump.sql":      {Data: []byte(dump)},
			"20260102000000_add_missing.sql":      {Data: []byte(conditional)},
			"20260103000000_use_other_schema.sql": {Data: []byte("USE information_schema;\nCREATE TABLE `" + s.Name + "`.moved (a INT);\n")},
		})
		if err != nil {
			t.Fatal(err)
		}
		db := s.pool(t)
		m, err := lockstep.New(db, Dialect(), set, lockstep.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]string{
			"SELECT GROUP_CONCAT(id, name, note, added_at IS NOT NULL ORDER BY id) FROM parent": "1a;bx1,2c@d.ex1",
			"SELECT GROUP_CONCAT(id, pid ORDER BY id) FROM child":                               "11,22",
			"SELECT count(*) FROM moved":                                                        "0",
		} {
			if got := value(t, db, query); got != want {
				t.Errorf("%s = %s, want %s", query, got, want)
			}
		}
		if pending, err := m.Pending(t.Context()); pending != 0 || err != nil {
			t.Errorf("Pending = %d, %v", pending, err)
		}
	})
}
