package sqltext_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/sqltext"
)

// migrationText is what migrations look like: small statements with comments.
func migrationText(o sqltext.Options, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "-- table number %d holds what users wrote\nCREATE TABLE IF NOT EXISTS message_%d (\n"+
			"    id bigint NOT NULL PRIMARY KEY,\n    author_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,\n"+
			"    body varchar(200) NOT NULL DEFAULT '',\n    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP\n);\n\n"+
			"CREATE INDEX message_%d_author ON message_%d (author_id, created_at);\n", i, i, i, i)
		if o.Mode == sqltext.Postgres {
			fmt.Fprintf(&b, "CREATE FUNCTION touch_%d() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    NEW.touched_at := now();\n    RETURN NEW;\nEND;\n$$;\n", i)
		} else {
			fmt.Fprintf(&b, "CREATE TRIGGER touch_%d BEFORE UPDATE ON message_%d FOR EACH ROW BEGIN\n    UPDATE message_%d SET body = CASE WHEN 1 THEN 'x' ELSE 'y' END;\nEND;\n", i, i, i)
		}
	}
	return b.String()
}

// dumpText is what a dump looks like: long INSERT statements.
func dumpText(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		if i%500 == 0 {
			b.WriteString("INSERT INTO message VALUES\n")
		}
		fmt.Fprintf(&b, "(%d,%d,'it''s message number %d, with a few words; and more',NULL,'2026-01-01 12:00:00',%d.25)", i, i%77, i, i%1000)
		if i%500 == 499 {
			b.WriteString(";\n")
		} else {
			b.WriteString(",\n")
		}
	}
	b.WriteString("(0,0,'','','',0);\n")
	return b.String()
}

func benchmarkSplit(b *testing.B, text func(o sqltext.Options) string) {
	b.Helper()
	for _, o := range []sqltext.Options{pg, my, lite} {
		b.Run(o.Mode.String(), func(b *testing.B) {
			script := text(o)
			b.SetBytes(int64(len(script)))
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range sqltext.Statements(script, o) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkSplitMigrations(b *testing.B) {
	benchmarkSplit(b, func(o sqltext.Options) string { return migrationText(o, 2000) })
}

func BenchmarkSplitDump(b *testing.B) {
	benchmarkSplit(b, func(sqltext.Options) string { return dumpText(2 << 20) })
}

func BenchmarkSplit50MB(b *testing.B) {
	benchmarkSplit(b, func(o sqltext.Options) string {
		return migrationText(o, 10000) + dumpText(50<<20-10000*700)
	})
}

func BenchmarkDigest(b *testing.B) {
	script := migrationText(pg, 2000)
	b.SetBytes(int64(len(script)))
	for b.Loop() {
		sqltext.Digest(script, pg)
	}
}

func BenchmarkWords(b *testing.B) {
	const statement = "/* who */ CREATE TABLE IF NOT EXISTS message (id bigint NOT NULL PRIMARY KEY)"
	b.ReportAllocs()
	for b.Loop() {
		sqltext.Words(statement, pg, 3)
	}
}
