// Command goose applies, or lists, a folder of migrations with goose's Provider
// as an application would that embeds it.
package main

import (
	"context"
	"database/sql"
	"log"
	"os"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
)

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url, dir, command string) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // the process ends
	p, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS(dir))
	if err != nil {
		return err
	}
	if command == "up" {
		_, err = p.Up(ctx)
		return err
	}
	all, err := p.Status(ctx)
	for _, s := range all {
		log.Print(s.State, s.Source.Path, s.AppliedAt)
	}
	return err
}
