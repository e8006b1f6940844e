package codegen

import (
	"bytes"
	"testing"
)

// BenchmarkThousandTables prints a schema of 1,000 tables with 12 columns, four
// indexes and one or two foreign keys each, and tells how large the result is.
func BenchmarkThousandTables(b *testing.B) {
	s := generated(b, 1000)
	for suffix, printTo := range printers("postgres") {
		b.Run(suffix, func(b *testing.B) {
			var out bytes.Buffer
			for b.Loop() {
				out.Reset()
				if err := printTo(&out, s); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(out.Len()), "size")
		})
	}
}
