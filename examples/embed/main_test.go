package main

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
)

func TestReadyOnlyWhenNothingIsPending(t *testing.T) {
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "notes.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	m, err := newMigrator(db)
	if err != nil {
		t.Fatal(err)
	}
	h := newHandler(db, m)
	get := func(path string) int {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		return rec.Code
	}
	if code := get("/ready"); code != http.StatusServiceUnavailable {
		t.Errorf("/ready before up: %d", code)
	}
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := get("/ready"); code != http.StatusOK {
		t.Errorf("/ready after up: %d", code)
	}
	if code := get("/notes"); code != http.StatusOK {
		t.Errorf("/notes after up: %d", code)
	}
	if _, err := m.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := get("/ready"); code != http.StatusServiceUnavailable {
		t.Errorf("/ready after down: %d", code)
	}
}
