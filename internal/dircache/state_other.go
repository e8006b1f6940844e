//go:build !linux

package dircache

import (
	"io/fs"
	"time"
)

// appendState appends what changes when a file does.
func appendState(buf []byte, info fs.FileInfo) ([]byte, time.Time) {
	return appendPortable(buf, info), info.ModTime()
}
