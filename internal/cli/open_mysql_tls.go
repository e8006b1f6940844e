package cli

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/lockstepdb/lockstep/internal/config"
)

// isTLSParam reports the names by which MySQL's own clients ask for encryption.
func isTLSParam(key string) bool {
	switch key {
	case "ssl-mode", "sslmode", "sslMode", "ssl-ca", "ssl-cert", "ssl-key":
		return true
	}
	return false
}

// encrypt sets the driver's encryption to what MySQL's own clients would do.
// verify-ca also checks the name of the host: that is stricter, never laxer.
func encrypt(c *mysql.Config, d config.Database) error {
	mode := strings.ToLower(d.Param("ssl-mode") + d.Param("sslmode") + d.Param("sslMode"))
	ca, cert, key := d.Param("ssl-ca"), d.Param("ssl-cert"), d.Param("ssl-key")
	if ca+cert+key == "" {
		return encryptPlainly(c, mode)
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(d.Hosts) > 0 {
		t.ServerName = d.Hosts[0].Name
	}
	t.InsecureSkipVerify = ca == "" && (mode == "" || mode == "required" || mode == "require")
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return tlsError("ssl-ca", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return tlsError("ssl-ca", fmt.Errorf("%s holds no certificate", ca))
		}
	}
	if cert+key != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return tlsError("ssl-cert and ssl-key", err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	c.TLS = t
	return nil
}

// encryptPlainly handles a mode without certificates of one's own.
func encryptPlainly(c *mysql.Config, mode string) error {
	switch strings.ReplaceAll(mode, "-", "_") {
	case "": // as the driver's own parameter tls says
	case "disable", "disabled":
		c.TLSConfig = "false"
	case "prefer", "preferred":
		c.TLSConfig = "preferred"
	case "require", "required":
		c.TLSConfig = "skip-verify"
	case "verify_ca", "verify_full", "verify_identity":
		c.TLSConfig = "true"
	default:
		return &config.URLError{Msg: "the database URL asks for an unknown ssl-mode", Way: "it is one of disabled, preferred, required, verify_ca, verify_identity"}
	}
	return nil
}

func tlsError(param string, err error) error {
	return &config.URLError{Msg: fmt.Sprintf("%s of the database URL: %v", param, err), Way: "name files in PEM form that may be read"}
}
