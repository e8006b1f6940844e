package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
)

const initHelp = `Make a migrations folder and a commented lockstep.toml, and say what to do next.

Nothing that exists is overwritten. A password is never written: with a --db
that holds one, the file takes the URL from the environment.`

func newInit(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "init", GroupID: groupWrite, Short: "Make a migrations folder and lockstep.toml", Long: initHelp,
		Example: "  lockstep init\n  lockstep init --db sqlite:app.db\n  lockstep init --dir db/migrations",
		Args:    atMost(0),
		RunE:    func(*cobra.Command, []string) error { return a.runInit() },
	}
}

// initAnswer is what init prints with --json.
type initAnswer struct {
	Created []string `json:"created"`
	Existed []string `json:"existed"`
}

func (a *app) runInit() error {
	dirs := a.flags.dirs
	if len(dirs) == 0 {
		dirs = []string{config.DefaultDir}
	}
	file := orDefault(a.flags.config, config.DefaultFile)
	line, err := dbLine(a.flags.db)
	if err != nil {
		return err
	}
	answer := initAnswer{Created: []string{}, Existed: []string{}}
	for _, dir := range dirs {
		made, err := makeFolder(dir)
		if err != nil {
			return err
		}
		answer.add(dir+string(filepath.Separator), made)
	}
	made, err := writeNew(file, configText(line, dirs))
	if err != nil {
		return err
	}
	answer.add(file, made)
	if a.flags.json {
		return a.printJSON(answer)
	}
	return a.answer("%s", answer.text(a.flags.db != "" || !made, dirs[0]))
}

func (i *initAnswer) add(name string, made bool) {
	if made {
		i.Created = append(i.Created, name)
	} else {
		i.Existed = append(i.Existed, name)
	}
}

func (i *initAnswer) text(hasDB bool, dir string) string {
	var b strings.Builder
	for _, name := range i.Created {
		fmt.Fprintf(&b, "created %s\n", name)
	}
	for _, name := range i.Existed {
		fmt.Fprintf(&b, "kept    %s, which exists\n", name)
	}
	b.WriteString("\nNext:\n")
	if !hasDB {
		b.WriteString("  name the database: write db = \"…\" into lockstep.toml, or export LOCKSTEP_DB=sqlite:app.db\n")
	}
	b.WriteString("  lockstep new create users    write the first migration into " + dir + "\n")
	b.WriteString("  lockstep plan                see what it would do\n")
	b.WriteString("  lockstep up                  do it\n")
	return b.String()
}

// makeFolder makes a folder and reports whether it was not there.
func makeFolder(dir string) (made bool, err error) {
	info, err := os.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		return false, nil
	case err == nil:
		return false, lockstep.WithHint(fmt.Errorf("make folder %s: a file of that name exists", dir), "choose another folder with --dir")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return false, fmt.Errorf("make folder: %w", err)
	}
	return true, nil
}

// writeNew writes a file that does not exist yet, and reports whether it did.
func writeNew(path, text string) (made bool, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write file: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return false, fmt.Errorf("write %s: %w", path, err)
	}
	return true, nil
}

// dbLine is the line of the configuration that names the database.
func dbLine(raw string) (string, error) {
	if raw == "" {
		return `# db = "sqlite:app.db"`, nil
	}
	d, err := config.ParseURL(raw)
	if err != nil {
		return "", fmt.Errorf("read --db: %w", err)
	}
	if len(d.Secrets()) > 0 {
		return `db = "${LOCKSTEP_DB}"  # the password stays out of this file`, nil
	}
	return fmt.Sprintf("db = %q", raw), nil
}

func configText(db string, dirs []string) string {
	dir := fmt.Sprintf("%q", dirs[0])
	if len(dirs) > 1 {
		dir = "[" + strings.TrimSuffix(strings.Repeat("%q, ", len(dirs)), ", ") + "]"
		values := make([]any, 0, len(dirs))
		for _, d := range dirs {
			values = append(values, d)
		}
		dir = fmt.Sprintf(dir, values...)
	}
	return fmt.Sprintf(configTemplate, db, dir)
}

const configTemplate = `# lockstep's settings for this project. Flags and environment variables count
# more than this file. Every key is optional; unknown keys are errors.

# The database. ${NAME} is replaced from the environment.
%s

# Where the migrations are: a folder, or a list of folders.
dir = %s

# The table in which lockstep records what happened, and its schema.
# ledger = "lockstep_ledger"
# ledger_schema = "public"

# Limits. The values are the defaults.
# lock_wait = "10m"             # for another run to end
# short_lock_timeout = "50ms"   # for a strong lock, while others queue behind it
# lock_budget = "30s"           # how long to keep trying with short waits
# lock_timeout = "3s"           # for a strong lock, once the budget is used up
# statement_timeout = "0s"      # for one statement; 0 means no limit
# retries = 10                  # when nothing was done

# What is not to be done. Everything is allowed unless it is forbidden here.
# [policy]
# require_down = true           # every new migration needs a way back
# forbid_down = true            # down and redo are refused
# require_plan = true           # up takes a plan that was reviewed (up --plan FILE)

# Values of ${NAME} in files that say "-- lockstep:vars NAME".
# [vars]
# app_role = "app"

# Environments, chosen with --env NAME. They may hold every key above.
# [env.production]
# db = "postgres://app:${DB_PASSWORD}@db.example.com/shop"
# [env.production.policy]
# forbid_down = true
`
