package cli

import (
	"database/sql"
	"net"
	"net/url"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/lockstepdb/lockstep/internal/config"
)

// openMySQL opens a pool by go-sql-driver. Placeholders are filled in by the
// driver, which saves two round trips for each; the library sends statements
// one by one, so several in one message are never allowed.
func openMySQL(d config.Database) (*sql.DB, error) {
	params := url.Values{}
	for _, p := range d.Params {
		if !isTLSParam(p.Key) {
			params.Set(p.Key, p.Value)
		}
	}
	c, err := mysql.ParseDSN("/?" + params.Encode())
	if err != nil {
		return nil, &config.URLError{Msg: "the parameters of the database URL are not valid: " + err.Error(), Way: "see the parameters of go-sql-driver/mysql"}
	}
	c.User, c.Passwd, c.DBName = d.User, d.Password, d.Name
	c.Net, c.Addr = mysqlAddress(d)
	c.MultiStatements, c.InterpolateParams, c.ParseTime = false, true, false
	if err := encrypt(c, d); err != nil {
		return nil, err
	}
	c.Logger = &mysql.NopLogger{} // what it would print is in the errors too
	if d.Param("charset") == "" && d.Param("collation") == "" {
		if err := c.Apply(mysql.Charset("utf8mb4", "")); err != nil {
			return nil, err
		}
	}
	if d.Param("timeout") == "" {
		c.Timeout = connectTimeout
	}
	if c.ConnectionAttributes == "" {
		c.ConnectionAttributes = "program_name:" + strings.ReplaceAll(toolName(), " ", "-")
	}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, &config.URLError{Msg: "the database URL is not valid: " + err.Error(), Way: "see the parameters of go-sql-driver/mysql"}
	}
	return sql.OpenDB(connector), nil
}

func mysqlAddress(d config.Database) (network, address string) {
	switch {
	case d.Socket != "":
		return "unix", d.Socket
	case len(d.Hosts) == 0:
		return "tcp", "localhost:3306"
	}
	return "tcp", net.JoinHostPort(d.Hosts[0].Name, orDefault(d.Hosts[0].Port, "3306"))
}
