package lockstep

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// manyFiles writes n small pairs to a folder.
func manyFiles(b *testing.B, n int) (dir string, size int64) {
	b.Helper()
	dir = b.TempDir()
	for i := range n {
		up := fmt.Sprintf("CREATE TABLE t%d (id BIGINT PRIMARY KEY, name VARCHAR(100) NOT NULL);\nCREATE INDEX t%d_name ON t%d (name);\n", i, i, i)
		down := fmt.Sprintf("DROP TABLE t%d;\n", i)
		base := filepath.Join(dir, fmt.Sprintf("2026010112%06d_create_t%d", i, i))
		if err := os.WriteFile(base+".up.sql", []byte(up), 0o600); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(base+".down.sql", []byte(down), 0o600); err != nil {
			b.Fatal(err)
		}
		size += int64(len(up))
	}
	return dir, size
}

func BenchmarkLoad10000(b *testing.B) {
	dir, size := manyFiles(b, 10_000)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(Dir(dir)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSetDigest10000(b *testing.B) {
	dir, _ := manyFiles(b, 10_000)
	set, err := Load(Dir(dir))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		set.digest()
	}
}
