// Command stopwatch runs a program and prints what it took: nanoseconds from
// start to end, nanoseconds of CPU, and the most memory it held, in bytes. It
// is small because Linux counts the memory of the process that starts a
// program as the program's own.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"os/exec"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	var errors bytes.Buffer
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stderr = &errors
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		log.Fatalf("%v: %s", err, &errors)
	}
	var memory int64
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		memory = r.Maxrss << 10
	}
	cpu := cmd.ProcessState.SystemTime() + cmd.ProcessState.UserTime()
	if _, err := fmt.Fprintln(os.Stdout, wall.Nanoseconds(), cpu.Nanoseconds(), memory); err != nil { //nolint:forbidigo // a command prints
		log.Fatal(err)
	}
}
