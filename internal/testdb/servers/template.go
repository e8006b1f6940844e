package servers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// grantRoot lets root in from any address without a password.
const grantRoot = "CREATE USER IF NOT EXISTS root@'%' IDENTIFIED BY '';\n" +
	"GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n"

// templateDir is where the empty data directory of the kind stands.
func (c Cache) templateDir(k Kind) string {
	return filepath.Join(c.Dir, "template", k.Name+"-"+recipe)
}

// makeTemplates initialises the data directories that are missing. Copying one
// and starting a server on it takes half a second; initialising takes many.
func (c Cache) makeTemplates(ctx context.Context, kinds []Kind) error {
	var work []func() error
	for _, k := range kinds {
		if _, err := os.Stat(c.templateDir(k)); err == nil || !k.IsServer() {
			continue
		}
		work = append(work, func() error {
			started := time.Now()
			if err := c.makeTemplate(ctx, k); err != nil {
				return fmt.Errorf("initialise %s: %w", k.Name, err)
			}
			c.say("initialised %s in %.1f s", k.Name, time.Since(started).Seconds())
			return nil
		})
	}
	return inParallel(work)
}

func (c Cache) makeTemplate(ctx context.Context, k Kind) error {
	final := c.templateDir(k)
	fresh := final + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("clear %s: %w", fresh, err)
	}
	if err := makeServerDir(fresh); err != nil {
		return err
	}
	initialise := c.initPostgres
	switch k.Flavor {
	case "mysql":
		initialise = c.initMySQL
	case "mariadb":
		initialise = c.initMariaDB
	}
	if err := initialise(ctx, k, fresh); err != nil {
		return err
	}
	return os.Rename(fresh, final)
}

func (c Cache) initPostgres(ctx context.Context, k Kind, dir string) error {
	return runAsServer(ctx, dir, nil, c.program(k.Name, "initdb"),
		"-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
}

func (c Cache) initMySQL(ctx context.Context, k Kind, dir string) error {
	script := filepath.Join(dir, "init.sql")
	if err := os.WriteFile(script, []byte(grantRoot), 0o644); err != nil {
		return fmt.Errorf("write init file: %w", err)
	}
	data := filepath.Join(dir, "data")
	args := append(c.mysqldArgs(k, data), "--initialize-insecure", "--init-file="+script, "--skip-log-bin")
	if err := runAsServer(ctx, dir, nil, c.program(k.Name, "mysqld"), args...); err != nil {
		return err
	}
	// The server's identity is made anew by each copy.
	if err := os.Remove(filepath.Join(data, "auto.cnf")); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove auto.cnf: %w", err)
	}
	return nil
}

func (c Cache) initMariaDB(ctx context.Context, k Kind, dir string) error {
	data := filepath.Join(dir, "data")
	if err := makeServerDir(data); err != nil {
		return err
	}
	script, err := mariadbBootstrap(c.mysqlShare(k))
	if err != nil {
		return err
	}
	args := append(c.mysqldArgs(k, data), "--bootstrap", "--log-warnings=0", "--max-allowed-packet=8M")
	return runAsServer(ctx, dir, strings.NewReader(script), c.program(k.Name, "mariadbd"), args...)
}

// mariadbBootstrap is the input of `mariadbd --bootstrap`, which takes one
// statement a line: the system tables, then the open root account.
func mariadbBootstrap(share string) (string, error) {
	var b strings.Builder
	b.WriteString("create database if not exists mysql;\nuse mysql;\nSET @auth_root_socket=NULL;\n")
	for _, name := range []string{"system_tables", "performance_tables", "system_tables_data", "maria_add_gis_sp_bootstrap", "sys_schema"} {
		data, err := readFirst(filepath.Join(share, "mariadb_"+name+".sql"), filepath.Join(share, "mysql_"+name+".sql"), filepath.Join(share, name+".sql"))
		if err != nil {
			return "", fmt.Errorf("read bootstrap script: %w", err)
		}
		b.Write(data)
		b.WriteByte('\n')
	}
	b.WriteString("use mysql;\nFLUSH PRIVILEGES;\n" + grantRoot)
	return b.String(), nil
}

func readFirst(paths ...string) (data []byte, err error) {
	for _, p := range paths {
		if data, err = os.ReadFile(p); err == nil {
			return data, nil
		}
	}
	return nil, err
}

// runAsServer runs a program to its end as the user that servers run as.
func runAsServer(ctx context.Context, dir string, stdin io.Reader, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	var said bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, stdin, &said, &said
	cmd.Env = []string{"HOME=" + dir, "LC_ALL=C", "TZ=UTC", "PATH=/usr/bin:/bin"}
	if err := unprivileged(cmd); err != nil {
		return err
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run %s: %w\n%s", filepath.Base(program), err, tail(said.String(), 20))
	}
	return nil
}
