package mysql

import (
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// TestRoundTrips goes from random schemas to others and back.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	for _, k := range testdb.Kinds() {
		if k.Dialect != testdb.MySQL {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, k)
			dialecttest.RunRoundTrips(t, dialecttest.RoundTrips{
				Dialect: Dialect(),
				Grammar: grammar(k),
				Database: func(t *testing.T) dialecttest.Observed {
					d := b.empty(t)
					return dialecttest.Observed{DB: d.Open(t), Schema: func(t testing.TB) []string { return shown(d.Schema(t)) }}
				},
			})
		})
	}
}

// shown are the definitions of objects, each as the words that observed tells,
// sorted: columns may stand in another order.
func shown(text string) []string {
	var all, words []string
	end := func() {
		words = withoutTables(words)
		slices.Sort(words)
		all, words = append(all, strings.Join(words, " ")), nil
	}
	for line := range strings.Lines(text) {
		kind, _, _ := strings.Cut(line, " ")
		if slices.Contains([]string{"TABLE", "VIEW", "TRIGGER", "FUNCTION", "PROCEDURE", "EVENT", "SEQUENCE"}, kind) && strings.HasSuffix(line, ":\n") {
			end()
		}
		for _, w := range observed(strings.ReplaceAll(line, "`", "")) {
			words = append(words, strings.Trim(w, ","))
		}
	}
	end()
	return all
}

// withoutTables leaves out a column's character set and collation that are the
// table's: the server shows them where the statement had them.
func withoutTables(words []string) []string {
	table := ""
	for _, w := range words {
		if w == "CHARSET=latin1" {
			table = "latin1_swedish_ci" // not shown if it is the character set's
		}
		if collation, ok := strings.CutPrefix(w, "COLLATE="); ok {
			table = collation
		}
	}
	for i := len(words) - 2; i >= 0; i-- {
		if words[i] == "COLLATE" && words[i+1] == table {
			from := i
			if i >= 3 && words[i-3] == "CHARACTER" {
				from = i - 3
			}
			words, i = slices.Delete(words, from, i+2), from
		}
	}
	return words
}

func grammar(k testdb.Kind) dialecttest.Grammar {
	maria := k.Flavor == "mariadb"
	g := dialecttest.Grammar{
		Keys: []string{
			"int", "bigint unsigned", "{int|bigint|smallint unsigned}/AUTO_INCREMENT", "varchar({20|30}) CHARACTER SET {latin1|utf8mb4}", "int/DEFAULT 7",
			"decimal(10,2)", "int/COMMENT 'it''s'", "{int|bigint|varchar(9) CHARACTER SET latin1}/NOT NULL",
		},
		Options:    "{||| ENGINE=InnoDB}{||| COMMENT='{it''s|größe|x}'}{||| CHARSET={latin1|utf8mb4|utf8mb4 COLLATE utf8mb4_bin}}{||| ROW_FORMAT={DYNAMIC|COMPACT}}{||| STATS_PERSISTENT=1}",
		ForeignKey: "CONSTRAINT %n FOREIGN KEY (%c) REFERENCES %u (%j){|| ON DELETE {CASCADE|SET NULL|RESTRICT}}{|| ON UPDATE {CASCADE|NO ACTION}}",
		Insert:     "INSERT INTO %t (%c) VALUES",
		Columns:    columnKinds(),
		Parts:      partKinds(),
		Others:     otherKinds(),
		Names:      []string{"a", "users", "order_", "Mixed Case ", `double"quote`, "single'quote", "größe", "日本", "semi;colon", "per%cent", "dot.dot", "a,b", "(paren)", `back\slash`, "# no "},
		Words:      []string{"select", "table", "order", "user", "value", "UPPER", "b", "c", "id", "x", "année", "group", "no space", "end", "column"},
	}
	if maria {
		g.Bases = []dialecttest.ObjectKind{{Name: "sequence", SQL: "CREATE SEQUENCE %n{| START WITH 100}{| INCREMENT BY 5}{| CACHE 3}{| CYCLE}"}}
		g.Columns = append(g.Columns, dialecttest.ColumnKind{Name: "counter", Base: "sequence", Type: "{int|bigint}", Value: "%i", Default: "nextval(%h)"})
		g.Parts = append(g.Parts, dialecttest.ObjectKind{SQL: "CREATE INDEX %n ON %t (%c) IGNORED", Columns: 1})
	} else {
		g.Parts = append(
			g.Parts,
			dialecttest.ObjectKind{SQL: "CREATE INDEX %n ON %t ((%1 {+|-} 1){|, %1 DESC})", Columns: 1, Of: "number"},
			dialecttest.ObjectKind{SQL: "CREATE INDEX %n ON %t ((lower(%1))) {VISIBLE|INVISIBLE}", Columns: 1, Of: "text"},
			dialecttest.ObjectKind{SQL: "ALTER TABLE %t ADD CONSTRAINT %n CHECK (%1 <> 99) {|NOT ENFORCED}", Columns: 1, Of: "number"},
		)
	}
	return g
}

func columnKinds() []dialecttest.ColumnKind {
	comment := "{||| COMMENT '{it''s|größe|a \"b\"}'}"
	hidden := "{|||| INVISIBLE}"
	return []dialecttest.ColumnKind{
		{Name: "number", Type: "{tinyint|smallint|int|int unsigned|bigint|decimal(10,2)|float|double}", Value: "%i", Default: "{1|2|(1 + 1)|'1'}", More: comment + hidden, Generated: "{GENERATED ALWAYS |}AS (%1 {+|*} {1|2}) {STORED|VIRTUAL|}"},
		{Name: "number", Type: "{int|bigint}", Value: "%i", Default: "{1|2}", More: comment},
		{Name: "text", Type: "{varchar(20)|varchar(40)|char(20)}{|| CHARACTER SET {latin1|utf8mb4|utf8mb4 COLLATE utf8mb4_bin}}", Value: "'%i'", Default: `{'x'|'it''s'|''|'1'|'back\\slash'|(concat('a', 'b'))}`, More: comment, Generated: "AS ({upper|lower|trim}(%1)) {STORED|VIRTUAL}"},
		{Name: "long", Type: "{text|mediumtext}", Value: "'%i'", Default: "('x')", More: comment, NoKey: true},
		{Name: "time", Type: "{datetime|datetime(3)|timestamp NULL}", Value: "'2026-01-0%i'", Default: "{'2020-02-02 00:00:00'}", More: comment},
		{Name: "day", Type: "date", Value: "'2026-01-0%i'", Default: "{'2020-02-02'|(curdate())}", More: hidden},
		{Name: "stamp", Type: "timestamp", Value: "'2026-01-0%i'", Default: "CURRENT_TIMESTAMP", More: "{| ON UPDATE CURRENT_TIMESTAMP}"},
		{Name: "enum", Type: "enum('1', '2'{|, 'a,b'|, 'it''s'}){|| CHARACTER SET latin1}", Value: "'%i'", Default: "{'1'|'2'}", More: comment},
		{Name: "set", Type: "set('1', '2'{|, 'c'})", Value: "'%i'", Default: "{'1'|'1,2'|''}"},
		{Name: "json", Type: "json", Value: `'{"a": %i}'`, Default: "(json_array())", NoKey: true},
		{Name: "bytes", Type: "{binary(4)|varbinary(9)}", Value: "x'0%i000000'", Default: "{'a'|0x6162}"},
		{Name: "bits", Type: "{bit(3)|bit(8)}", Value: "%i", Default: "b'{1|10}'"},
		{Name: "year", Type: "year", Value: "202%i", Default: "2001"},
	}
}

func partKinds() []dialecttest.ObjectKind {
	return []dialecttest.ObjectKind{
		{SQL: "CREATE INDEX %n ON %t (%1{|| DESC}){||| COMMENT 'it''s'}", Columns: 1},
		{SQL: "CREATE INDEX %n {|USING BTREE }ON %t (%c)", Columns: -1},
		{SQL: "CREATE INDEX %n ON %t (%1({3|5}){|, %k})", Columns: 1, Of: "text"},
		{SQL: "CREATE INDEX %n ON %t (%1(10))", Columns: 1, Of: "long"},
		{SQL: "CREATE FULLTEXT INDEX %n ON %t (%1)", Columns: 1, Of: "long"},
		{SQL: "CREATE UNIQUE INDEX %n ON %t (%c)", Columns: -1, Of: "number", Unique: true},
		{SQL: "CREATE UNIQUE INDEX %n ON %t (%k, %1{| DESC})", Columns: 1},
		{SQL: "ALTER TABLE %t ADD CONSTRAINT %n CHECK (%1 {>|>=|<>} {0|-1})", Columns: 1, Of: "number"},
		{SQL: "ALTER TABLE %t ADD CONSTRAINT %n CHECK (%1 <> 'z' {AND|OR} %2 <> 'ö')", Columns: 2, Of: "text"},
		{SQL: "CREATE TRIGGER %n {BEFORE|AFTER} {INSERT|UPDATE|DELETE} ON %t FOR EACH ROW {SET @a = 1|BEGIN SET @a = 1; SET @b = 'it''s'; END}"},
		{SQL: "CREATE TRIGGER %n BEFORE INSERT ON %t FOR EACH ROW SET NEW.%1 = coalesce(NEW.%1, {1|2})", Columns: 1, Of: "number"},
	}
}

func otherKinds() []dialecttest.ObjectKind {
	return []dialecttest.ObjectKind{
		{Name: "view", SQL: "CREATE {|SQL SECURITY INVOKER |ALGORITHM=MERGE }VIEW %n AS SELECT %c FROM %t{| WITH CHECK OPTION}", Columns: -1, Of: "any"},
		{Name: "view", SQL: "CREATE VIEW %n (one, `n n`) AS SELECT %1, count(*) FROM %t GROUP BY %1{| HAVING count(*) > 1}", Columns: 1},
		{Name: "chained", SQL: "CREATE VIEW %n AS SELECT *{|, 1 AS extra_column} FROM %h", Base: "view"},
		{Name: "routine", SQL: "CREATE FUNCTION %n (a {int|bigint}) RETURNS int {DETERMINISTIC|NO SQL}{| COMMENT 'it''s'} RETURN a * {2|3}"},
		{Name: "procedure", SQL: "CREATE PROCEDURE %n (INOUT a int) {|SQL SECURITY INVOKER }BEGIN SET a = {1|2}; SELECT %1 FROM %t; END", Columns: 1, Of: "any"},
		{Name: "event", SQL: "CREATE EVENT %n ON SCHEDULE EVERY {1|2} DAY STARTS '2035-01-01 00:00:00'{| ON COMPLETION PRESERVE} DISABLE{| COMMENT 'c'} DO SET @a = 1"},
	}
}
