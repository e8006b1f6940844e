package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
)

// rename is a file or folder that got another name.
type rename struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// runRenumber gives a pending migration a version behind all others.
func (a *app) runRenumber(ctx context.Context, s *config.Settings, o newOptions) error {
	old, files, err := filesOf(s.Dirs, o.renumber)
	if err != nil {
		return err
	}
	if err := a.checkPending(ctx, s, o.renumber); err != nil {
		return err
	}
	n := numbering{s.Dirs, o.sequential || len(old) < len(stampLayout), time.Now}
	version, note, release, err := n.claim(ctx)
	if err != nil {
		return err
	}
	defer release()
	if note != "" {
		a.note(note)
	}
	answer := newAnswer{Version: version}
	for _, from := range files {
		base := filepath.Base(from)
		at := strings.Index(base, string(old))
		to := filepath.Join(filepath.Dir(from), base[:at]+string(version)+base[at+len(old):])
		if err := renameNew(from, to); err != nil {
			return err
		}
		answer.Name = nameAfter(base[at+len(old):])
		answer.Files = append(answer.Files, to)
		answer.Renamed = append(answer.Renamed, rename{from, to})
	}
	if a.flags.json {
		return a.printJSON(answer)
	}
	for _, r := range answer.Renamed {
		if err := a.answer("%s -> %s\n", r.From, r.To); err != nil {
			return err
		}
	}
	return nil
}

// nameAfter cuts the name out of "_create_users.up.sql".
func nameAfter(s string) string {
	s = strings.TrimLeft(s, "_.- ")
	for _, suffix := range []string{".sql", ".up", ".down"} {
		s = strings.TrimSuffix(s, suffix)
	}
	return s
}

// renameNew renames a file unless one of the new name exists.
func renameNew(from, to string) error {
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("rename %s: %s exists already", from, to)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("rename migration: %w", err)
	}
	return nil
}

// filesOf finds the files, or the folder, of the one migration that a version
// or version_name means.
func filesOf(dirs []string, wanted string) (version lockstep.Version, files []string, err error) {
	names := map[string]bool{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			v := versionOf(path, entry.IsDir())
			if v == "" || path == dir {
				return nil
			}
			name := nameAfter(entry.Name()[strings.Index(entry.Name(), string(v))+len(v):])
			if string(v) == wanted || string(v)+"_"+name == wanted {
				version, names[name] = v, true
				files = append(files, path)
			}
			if entry.IsDir() && len(files) > 0 && files[len(files)-1] == path {
				return fs.SkipDir // its files move with it
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", nil, fmt.Errorf("read folder: %w", err)
		}
	}
	switch {
	case len(files) == 0:
		return "", nil, lockstep.WithHint(fmt.Errorf("no migration has version %s", wanted), "lockstep status lists the versions")
	case len(names) > 1:
		return "", nil, lockstep.WithHint(fmt.Errorf("version %s belongs to %d migrations", wanted, len(names)), "name one as version_name")
	}
	return version, files, nil
}

// checkPending refuses to renumber what the database has applied. Without a
// database, or without an answer from it, the person is told.
func (a *app) checkPending(ctx context.Context, s *config.Settings, wanted string) error {
	if !s.HasDatabase() {
		a.note("no database is named, so nobody checked that " + wanted + " is not applied")
		return nil
	}
	var status *lockstep.Status
	err := a.use(s, reads, func(m *session) error {
		var err error
		status, err = m.Status(ctx)
		return err
	})
	if err != nil {
		a.note(fmt.Sprintf("nobody checked that %s is not applied: %v", wanted, err))
		return nil
	}
	for _, r := range status.Rows {
		if string(r.Version) != wanted && r.ID() != wanted {
			continue
		}
		switch r.State {
		case lockstep.StatePending, lockstep.StateOutOfOrder, lockstep.StateFailed:
		default:
			return lockstep.WithHint(fmt.Errorf("%s is %s on %s and cannot be renumbered", r.ID(), r.State, s.Database),
				"only what is not applied yet can get another version")
		}
	}
	return nil
}
