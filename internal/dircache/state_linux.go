package dircache

import (
	"encoding/binary"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// appendState appends what changes when a file does. The time of change is
// the kernel's own: no program can set it back.
func appendState(buf []byte, dir *os.File, e fs.DirEntry) ([]byte, time.Time, error) {
	var st unix.Stat_t
	if err := unix.Fstatat(int(dir.Fd()), e.Name(), &st, unix.AT_SYMLINK_NOFOLLOW); err != nil { //nolint:gosec // a descriptor
		return nil, time.Time{}, &fs.PathError{Op: "stat", Path: e.Name(), Err: err}
	}
	for _, n := range []int64{st.Size, st.Mtim.Nano(), st.Ctim.Nano(), int64(st.Ino)} { //nolint:gosec // the bits are what matters
		buf = binary.BigEndian.AppendUint64(buf, uint64(n)) //nolint:gosec // the bits are what matters
	}
	return buf, time.Unix(0, st.Ctim.Nano()), nil
}
