//go:build !unix

package servers

import (
	"context"
	"errors"
	"os/exec"
)

// errNoServers: on such systems only the SQLite tests run.
var errNoServers = errors.New("throwaway servers need a unix system")

func unprivileged(*exec.Cmd) error { return errNoServers }

func makeServerDir(string) error { return errNoServers }

func lockFile(context.Context, string, func()) (func(), error) { return nil, errNoServers }

func tryLockFile(string) (func(), error) { return nil, errNoServers }

func freeSpace(string) uint64 { return 0 }

func sessionsOf(int) []int { return nil }

func killAll([]int) {}
