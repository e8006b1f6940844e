// Package drift compares the schema that a database has with the one that its
// ledger says it should have.
//
// What it should have is what the runs made of it (see
// [lockstep.Migrator.RecordedSchema]); what somebody changed by hand is drift,
// told as the changes that were made, without those that were accepted. The
// package reads only. It does not say who made a change: the catalogs do not
// know.
package drift
