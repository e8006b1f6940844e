package sqltext_test

// Scripts that the native shells run to the end, made to lead a splitter
// astray. TestNastyScripts runs them on real servers.

const nastyPostgres = "\ufeff" + `-- it's a "header"; with $$ and /* in it
/* nested /* comment; */ ' " $a$ */
\restrict k3Y
SET client_min_messages = warning;
CREATE TABLE "semi;colon" ("a""b;" text DEFAULT ';', b$c$d int DEFAULT 1); CREATE TABLE log (id int, line text); -- two
INSERT INTO "semi;colon" ("a""b;") VALUES ('it''s;'), (E'it\'s;\\'), ('\'), (U&'\003b;'), ($$;$$), ($q$ $$;'" $q$), (B'01'::text), (e'\\' -- ;
 ), (E'
'
'c');
insert into log values (1, 'line ends in a semicolon;
--not a comment;
/* nor this;'), (2, 'x' /* ; */ || -- ;
 'y')
;;
COPY log (id, line) FROM stdin;
3	a;b'c"d$$
4	\\.
5	-- no comment
6	\\restrict
\.
COPY log FROM stdin WITH (FORMAT csv); -- the rows follow
7,"it's;"
8,"two
lines; "
\.
CREATE FUNCTION add_one(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n + 1; SELECT n + 1;';
CREATE FUNCTION "BEGIN ATOMIC"(n int) RETURNS int LANGUAGE plpgsql AS $BODY$
BEGIN
	IF n > 0 THEN RETURN 1; END IF; -- it's
	EXECUTE $x$SELECT ';'$x$;
	RETURN CASE WHEN n = 0 THEN 0 ELSE -1 END;
END;
$BODY$;
CREATE OR REPLACE FUNCTION atomic_one(n int) RETURNS int
LANGUAGE sql
BEGIN ATOMIC
	SELECT CASE WHEN n > 0 THEN 1 ELSE CASE n WHEN 0 THEN 0 END END; -- end;
	SELECT (CASE n WHEN 1 THEN 2 END) /* END; */;
END;
create procedure atomic_two(n int) begin atomic
	insert into log values (n, 'begin; end;');
	delete from log where id = n;
end;
CREATE FUNCTION atomic_none() RETURNS void BEGIN ATOMIC END; CREATE FUNCTION one() RETURNS int RETURN 1;
CREATE RULE twice AS ON UPDATE TO log DO ALSO (
	INSERT INTO log VALUES (-1, 'rule;');
	DELETE FROM log WHERE id = -1
);
DO $$ BEGIN PERFORM 1; END $$; DO LANGUAGE plpgsql 'BEGIN PERFORM 1; END';
CREATE OPERATOR @# (LEFTARG = int, RIGHTARG = int, FUNCTION = int4mi);
INSERT INTO log SELECT 9@#-- the operator ends here;
1, '@#';
INSERT INTO log VALUES (10*/* ; */2, 'times'), (3-/*;*/-4, 'minus');
PREPARE p AS SELECT $1::int + $2::int; DEALLOCATE p;
CREATE VIEW v AS SELECT 1 AS "end;", (array[1,2,3])[1:2] AS slice;
BEGIN; INSERT INTO log VALUES (11, 'committed'); END;
BEGIN; INSERT INTO log VALUES (12, 'gone'); ROLLBACK;
SET standard_conforming_strings = off; SET escape_string_warning = off;
INSERT INTO log VALUES (13, 'a\';b'); SET standard_conforming_strings = on;
INSERT INTO log VALUES (14, 'a\');
` + "INSERT INTO log VALUES (15, 'a\r\nb');\r\nCOPY log FROM stdin;\r\n16\tx\r\n\\.\r\n" + `\unrestrict k3Y
INSERT INTO log VALUES (17, 'no semicolon at the end') -- but a comment;`

const nastyMySQL = "-- it's a \"header\"; `" + `
# another; '
/* one; ' " more */
/*!99999 for nobody */
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
CREATE TABLE ` + "`semi;colon`" + ` (a TEXT, ` + "`b``;`" + ` INT DEFAULT 1) /*!40101 COMMENT='it\'s; */' */; CREATE TABLE log (id INT, line TEXT); -- two
INSERT INTO ` + "`semi;colon`" + ` (a) VALUES ('it''s;'), ('it\'s;\\'), ("a';\"b;"), (";"), (N'\';'), ('\\'), (x'3b'), (_utf8mb4'\';'), ('a' 'b;');
insert into log values (1, 'line ends in a semicolon;
-- not a comment;
# nor this;'), (2, 'x' /* ; */ -- ;
) # ;
,(5--1, '--1'), (3 /* ' */, "a")
;;
UPDATE log SET line = IF(id = 1, REPEAT(';', 3), REPLACE(line, ';', '''')), id = CASE WHEN id = 2 THEN 20 ELSE id END;
CREATE PROCEDURE no_delimiter_needed() COMMENT 'not here' SELECT 1;
DELIMITER //
CREATE PROCEDURE p1(IN n INT)
BEGIN
	DECLARE done INT DEFAULT CASE WHEN n THEN 0 END;
	DECLARE CONTINUE HANDLER FOR NOT FOUND, SQLEXCEPTION BEGIN SET done = 1; END;
	-- END; //
	outer_loop: LOOP
		IF done THEN LEAVE outer_loop; ELSEIF n > 10 THEN SET n = IF(n, n - 1, n); END IF;
		CASE n WHEN 1 THEN SET done = 1; ELSE BEGIN END; END CASE;
		WHILE n > 5 DO SET n = n - 1; END WHILE;
		REPEAT SET n = n - 1; UNTIL n < 1 END REPEAT;
		INSERT INTO log VALUES (n, '// and ; in a string');
		LEAVE outer_loop;
	END LOOP;
END //
CREATE FUNCTION f1(n INT) RETURNS INT DETERMINISTIC
	RETURN CASE n WHEN 1 THEN 2 ELSE 3 END //
delimiter ;
DELIMITER $$
CREATE TRIGGER t1 BEFORE INSERT ON log FOR EACH ROW BEGIN SET NEW.line = CONCAT(NEW.line, ';'); END$$
CREATE TRIGGER t2 BEFORE UPDATE ON log FOR EACH ROW IF NEW.id = 0 THEN SET NEW.id = 1; END IF$$
DELIMITER ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50020 DEFINER=` + "`root`@`%`" + `*/ /*!50003 PROCEDURE dumped()
BEGIN
	SELECT ';;' AS a; /* ;; */
END */;;
/*!50106 CREATE EVENT e1 ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE DO BEGIN DELETE FROM log WHERE id = -1; END */ ;;
DELIMITER ;
INSERT INTO log VALUES (30, 'after');
CALL p1(3);
INSERT INTO log SELECT f1(1), 'f1';
/*!50003 SET @saved_sql_mode = @@sql_mode */ ;
/*!50003 SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' */ ;
INSERT INTO log ("id", line) VALUES (40, 'a\');
/*!50003 SET sql_mode = @saved_sql_mode */ ;
INSERT INTO log VALUES (41, "a\";b");
START TRANSACTION; INSERT INTO log VALUES (42, 'committed'); COMMIT;
BEGIN; INSERT INTO log VALUES (43, 'gone'); ROLLBACK;
CREATE VIEW v AS SELECT 1 AS ` + "`end;`" + `, 2 AS c;
SET @s = 'INSERT INTO log VALUES (44, '';'')'; PREPARE s FROM @s; EXECUTE s; DEALLOCATE PREPARE s;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
INSERT INTO log VALUES (45, 'no semicolon at the end') -- but a comment;
`

const nastySQLite = "\ufeff" + `-- it's a "header"; with [ and /* in it
/* one; ' " [ more */
CREATE TABLE "semi;colon" ("a""b;" text DEFAULT ';', [c;'] int, ` + "`d``;`" + ` int); CREATE TABLE log (id int, line text); -- two
INSERT INTO "semi;colon" VALUES ('it''s;', 1, 2), ('\', x'3b', 3);
insert into log values (1, 'line ends in a semicolon;
-- not a comment;
/* nor this;'), (2, 'x' /* ; */ || -- ;
 'y')
;;
CREATE TRIGGER t1 AFTER INSERT ON log WHEN CASE WHEN new.id > 100 THEN 1 ELSE 0 END BEGIN
	-- END;
	UPDATE log SET line = 'end; ' || CASE new.id WHEN 1 THEN 'a' ELSE 'b' END WHERE id = new.id; /* END; */
	INSERT INTO log SELECT 1, CASE WHEN 1 THEN ';' END;
END;
CREATE VIEW v AS SELECT 1 AS one;
create temp trigger t2 after delete on log begin select 1; end;
CREATE TRIGGER "BEGIN" INSTEAD OF UPDATE ON v BEGIN SELECT RAISE(IGNORE) WHERE new.one = 2; END;
INSERT INTO log VALUES (101, 'fires');
CREATE VIEW w AS SELECT 1 AS [end;], 2 AS "begin", '$.a' ->> '$' AS j;
BEGIN; INSERT INTO log VALUES (3, 'committed'); END;
BEGIN; INSERT INTO log VALUES (4, 'gone'); ROLLBACK;
# a comment of the shell; it's
` + "INSERT INTO log VALUES (5, 'ab');\r\n" + `
INSERT INTO log VALUES (6, 'no semicolon at the end') /* and an open comment;`
