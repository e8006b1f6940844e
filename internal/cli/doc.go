// Package cli is the lockstep command: one file per command, each turning
// flags into a call of the library and rendering what it returns.
//
// It decides nothing about migrations. open.go is the only place that knows
// the dialects and drivers, exit.go the only one that knows the exit codes.
package cli
