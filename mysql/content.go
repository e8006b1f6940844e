package mysql

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// contentQuery selects the columns of tables, those that are computed left out,
// each with its type, its place in the primary key and whether its table keeps
// old rows. Checked on MySQL 9.7 and MariaDB 10.11.
const contentQuery = `SELECT c.table_name, c.column_name, c.data_type, COALESCE(k.seq_in_index, 0), t.table_type, c.extra
FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
  LEFT JOIN information_schema.statistics k ON k.table_schema = c.table_schema AND k.table_name = c.table_name
    AND k.index_name = 'PRIMARY' AND k.column_name = c.column_name
WHERE c.table_schema = DATABASE() AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
  AND c.extra NOT LIKE '%VIRTUAL GENERATED%' AND c.extra NOT LIKE '%STORED GENERATED%' AND c.extra NOT LIKE '%PERSISTENT%'
ORDER BY c.table_name, c.ordinal_position`

// positionsQuery selects where AUTO_INCREMENT goes on. Checked on MySQL 9.7
// and MariaDB 10.11.
const positionsQuery = `SELECT table_name, auto_increment FROM information_schema.tables
WHERE table_schema = DATABASE() AND auto_increment > 1 ORDER BY table_name`

// sequencesQuery selects MariaDB's sequences. Checked on MariaDB 10.11.
const sequencesQuery = `SELECT table_name FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type = 'SEQUENCE' ORDER BY table_name`

// contentTable is a table whose rows are read.
type contentTable struct {
	name      string
	columns   []string
	values    []string // expressions that give literals
	primary   map[int]string
	counting  string // the column with AUTO_INCREMENT, "" if there is none
	isZoned   bool   // it has a column whose values depend on the time zone
	versioned bool
}

// Content reads up to limit rows of all tables of the current database but
// those in except.
func (d dialect) Content(ctx context.Context, q lockstep.Querier, srv lockstep.Server, except []string, limit int) (*schema.Content, error) {
	s, err := newInspection(ctx, q, srv, schema.Scope{})
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	defer s.close()
	if err := s.inUTC(); err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	c, err := s.content(except, limit)
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	return c, nil
}

// inUTC lets the session print times in UTC, and true positions, until it is
// closed.
func (s *inspection) inUTC() error {
	set, back := "SET @lockstep_zone = @@SESSION.time_zone, SESSION time_zone = '+00:00'", "SET SESSION time_zone = @lockstep_zone"
	if s.srv.Flavor != flavorMariaDB {
		set += ", SESSION information_schema_stats_expiry = 0"
		back += ", SESSION information_schema_stats_expiry = DEFAULT"
	}
	if _, err := s.q.ExecContext(s.ctx, set); err != nil {
		return fmt.Errorf("prepare session: %w", err)
	}
	s.cleanup = append(s.cleanup, func() {
		_, _ = s.q.ExecContext(s.lasting, back) // fails only with the connection, which nobody uses then
	})
	return nil
}

func (s *inspection) content(except []string, limit int) (*schema.Content, error) {
	c := &schema.Content{}
	tables, err := s.contentTables()
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if slices.Contains(except, t.name) {
			continue
		}
		rows, err := s.rows(t.query(limit - c.Rows + 1))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
		c.Add(schema.TableRows{
			Table: s.id(schema.KindTable, s.srv.Database, t.name), Rows: firsts(rows),
			Insert: "INSERT INTO " + quote(t.name) + " (" + strings.Join(t.columns, ", ") + ")",
		})
		if c.More = c.Rows > limit; c.More {
			return c, nil
		}
		if err := s.settingsFor(c, t, len(rows) > 0); err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
		if t.versioned && len(rows) > 0 {
			c.Left = append(c.Left, "what rows of "+t.name+" were before")
		}
	}
	return c, s.goOn(c, except)
}

// Settings without which rows would be read otherwise, and how they are taken
// back: what is made behind the rows keeps those of its session.
const (
	setUTC    = "SET @lockstep_time_zone = @@time_zone, time_zone = '+00:00'"
	unsetUTC  = "SET time_zone = @lockstep_time_zone"
	setZero   = "SET @lockstep_sql_mode = @@sql_mode, sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')"
	unsetZero = "SET sql_mode = @lockstep_sql_mode"
)

// settingsFor adds the settings that the rows of a table need.
func (s *inspection) settingsFor(c *schema.Content, t *contentTable, hasRows bool) error {
	if t.isZoned && hasRows && !slices.Contains(c.Before, setUTC) {
		c.Before, c.After = append(c.Before, setUTC), append(c.After, unsetUTC)
	}
	if t.counting == "" || !hasRows || slices.Contains(c.Before, setZero) {
		return nil
	}
	rows, err := s.rows("SELECT 1 FROM " + quote(t.name) + " WHERE " + t.counting + " = 0 LIMIT 1")
	if err == nil && len(rows) > 0 {
		c.Before, c.After = append(c.Before, setZero), append(c.After, unsetZero)
	}
	return err
}

func (s *inspection) contentTables() ([]*contentTable, error) {
	rows, err := s.rows(contentQuery)
	if err != nil {
		return nil, err
	}
	var all []*contentTable
	for _, r := range rows {
		if len(all) == 0 || all[len(all)-1].name != r[0] {
			all = append(all, &contentTable{name: r[0], primary: map[int]string{}, versioned: r[4] == "SYSTEM VERSIONED"})
		}
		t, column := all[len(all)-1], quote(r[1])
		t.columns = append(t.columns, column)
		t.values = append(t.values, literalOf(column, strings.ToLower(r[2])))
		if strings.Contains(strings.ToLower(r[5]), "auto_increment") {
			t.counting = column
		}
		t.isZoned = t.isZoned || strings.EqualFold(r[2], "timestamp")
		if place, err := strconv.Atoi(r[3]); err == nil && place > 0 {
			t.primary[place-1] = column
		}
	}
	return all, nil
}

// literalOf is an expression that gives a column's value as a literal: numbers
// as they are, bytes in hexadecimal, bits in ones and zeros, everything else in quotes.
func literalOf(column, typ string) string {
	switch typ {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "double", "year":
		return "IFNULL(CAST(" + column + " AS CHAR), 'NULL')"
	case "float": // by itself it is printed with 6 digits
		return "IFNULL(CONCAT(" + column + " + 0e0), 'NULL')"
	case "bit":
		return "IFNULL(CONCAT('b''', BIN(" + column + " + 0), ''''), 'NULL')"
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector",
		"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection":
		return "IFNULL(CONCAT('x''', HEX(" + column + "), ''''), 'NULL')"
	}
	return "QUOTE(CONVERT(" + column + " USING utf8mb4))"
}

func (t *contentTable) query(limit int) string {
	order := make([]string, 0, len(t.columns))
	for i := range len(t.columns) {
		if c, ok := t.primary[i]; ok {
			order = append(order, c)
		}
	}
	if len(order) == 0 { // no key: by what is printed
		order = []string{"1"}
	}
	return "SELECT CONCAT('(', CONCAT_WS(', ', " + strings.Join(t.values, ", ") + "), ')') FROM " + quote(t.name) +
		" ORDER BY " + strings.Join(order, ", ") + " LIMIT " + strconv.Itoa(limit)
}

// goOn adds where numbers go on that the server gives out.
func (s *inspection) goOn(c *schema.Content, except []string) error {
	rows, err := s.rows(positionsQuery)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if !slices.Contains(except, r[0]) {
			c.After = append(c.After, "ALTER TABLE "+quote(r[0])+" AUTO_INCREMENT = "+r[1])
		}
	}
	if rows, err = s.rows(sequencesQuery); err != nil {
		return err
	}
	for _, r := range rows {
		at, err := s.rows("SELECT next_not_cached_value FROM " + quote(r[0]) + " WHERE next_not_cached_value <> start_value")
		if err != nil {
			return fmt.Errorf("%s: %w", r[0], err)
		}
		for _, next := range firsts(at) {
			c.After = append(c.After, "SELECT SETVAL("+quote(r[0])+", "+next+", 0)")
		}
	}
	return nil
}

func firsts(rows [][]string) []string {
	all := make([]string, 0, len(rows))
	for _, r := range rows {
		all = append(all, r[0])
	}
	return all
}
