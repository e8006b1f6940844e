package dircache

import (
	"encoding/binary"
	"io/fs"
	"syscall"
	"time"
)

// appendState appends what changes when a file does. The time of change is
// the kernel's own: no program can set it back.
func appendState(buf []byte, info fs.FileInfo) ([]byte, time.Time) {
	buf = appendPortable(buf, info)
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return buf, info.ModTime()
	}
	buf = binary.BigEndian.AppendUint64(buf, st.Ino)
	buf = binary.BigEndian.AppendUint64(buf, uint64(st.Ctim.Nano())) //nolint:gosec // the bits are what matters
	return buf, time.Unix(0, st.Ctim.Nano())
}
