package servers

import (
	"os"
	"path/filepath"
	"strconv"
)

// postgresSettings are those of every PostgreSQL server. A commit is written
// but not synchronised: it survives the death of the server, not of the machine.
// Just-in-time compilation is off because its compiler is not unpacked.
func postgresSettings() []string {
	return []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=",
		"fsync=off", "full_page_writes=off",
		"max_connections=300", "max_locks_per_transaction=256",
		"shared_buffers=128MB", "max_wal_size=1GB", "dynamic_shared_memory_type=mmap",
		"logging_collector=off", "log_timezone=UTC", "timezone=UTC", "jit=off",
	}
}

// mysqlSettings are those of every MySQL and MariaDB server; commits as in
// postgresSettings. Metadata locks are visible in the performance schema.
func mysqlSettings() []string {
	return []string{
		"--bind-address=127.0.0.1", "--skip-name-resolve", "--max-connections=300",
		"--server-id=1", "--log-bin=binlog", "--binlog-format=ROW", "--sync-binlog=0",
		"--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=fsync", "--innodb-buffer-pool-size=128M",
		"--performance-schema=ON", "--performance-schema-instrument=wait/lock/metadata/sql/mdl=ON",
	}
}

// command returns the server's program and arguments.
func (s *Server) command() (program string, args []string) {
	data := filepath.Join(s.dir, "data")
	port := strconv.Itoa(s.Port)
	if s.Kind.Dialect == Postgres {
		args = []string{"-D", data, "-p", port}
		for _, setting := range postgresSettings() {
			args = append(args, "-c", setting)
		}
		return s.cache.program(s.Kind.Name, "postgres"), args
	}
	args = append(s.cache.mysqldArgs(s.Kind, data), mysqlSettings()...)
	args = append(args, "--port="+port,
		"--socket="+filepath.Join(s.dir, "socket"), "--pid-file="+filepath.Join(s.dir, "pid"))
	if s.Kind.Flavor == "mysql" {
		args = append(args, "--mysqlx=OFF", "--secure-file-priv=", "--innodb-doublewrite=OFF", "--innodb-use-fdatasync=OFF")
		return s.cache.program(s.Kind.Name, "mysqld"), args
	}
	return s.cache.program(s.Kind.Name, "mariadbd"), append(args, "--innodb-doublewrite=0")
}

// mysqldArgs are the arguments that starting and initialising share. The
// unpacked server must be told where its files are. Each has a folder of its
// own for temporary files: a MariaDB that starts deletes those of others in the
// same folder, which then crash.
func (c Cache) mysqldArgs(k Kind, data string) []string {
	share := c.mysqlShare(k)
	usr := filepath.Join(c.prefixDir(k.Name), "usr")
	args := []string{
		"--no-defaults", "--datadir=" + data, "--basedir=" + usr, "--tmpdir=" + filepath.Dir(data),
		"--lc-messages-dir=" + share, "--character-sets-dir=" + filepath.Join(share, "charsets"),
		"--plugin-dir=" + filepath.Join(usr, "lib", "mysql", "plugin"),
	}
	if k.Flavor == "mysql" {
		return append(args, "--innodb-redo-log-capacity=64M")
	}
	return append(args, "--innodb-log-file-size=64M")
}

// mysqlShare is the directory of the server's messages and scripts.
func (c Cache) mysqlShare(k Kind) string {
	share := filepath.Join(c.prefixDir(k.Name), "usr", "share")
	if _, err := os.Stat(filepath.Join(share, "mariadb", "charsets")); err == nil {
		return filepath.Join(share, "mariadb")
	}
	return filepath.Join(share, "mysql")
}
