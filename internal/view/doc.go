// Package view shows what lockstep knows and does to a person: tables, plans,
// differences, the course of a run, errors.
//
// It writes to the writers it is given and reads nothing: no database, no
// file, no environment. What it shows is decided elsewhere.
package view
