//go:build !linux

package dircache

import (
	"encoding/binary"
	"io/fs"
	"os"
	"time"
)

// appendState appends what changes when a file does.
func appendState(buf []byte, _ *os.File, e fs.DirEntry) ([]byte, time.Time, error) {
	info, err := e.Info()
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, n := range []int64{info.Size(), info.ModTime().UnixNano()} {
		buf = binary.BigEndian.AppendUint64(buf, uint64(n)) //nolint:gosec // the bits are what matters
	}
	return buf, info.ModTime(), nil
}
