// Command ping connects to a PostgreSQL server, pings it and ends: the least
// that any program takes which talks to the server.
package main

import (
	"context"
	"database/sql"
	"log"
	"os"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

func main() {
	db, err := sql.Open("pgx", os.Args[1])
	if err == nil {
		err = db.PingContext(context.Background())
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		log.Fatal(err)
	}
}
