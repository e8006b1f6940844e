// Package config finds out what a command was told: it takes database URLs
// apart, reads lockstep.toml and merges flags, environment and file, and it
// knows what is secret in them.
//
// It opens no database and knows no driver; that is internal/cli's open.go.
package config
