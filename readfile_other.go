//go:build !unix

package lockstep

import "os"

func readFile(path string) ([]byte, error) { return os.ReadFile(path) }
