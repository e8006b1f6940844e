package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/lockstepdb/lockstep"
)

// checkFiles finds out where everything goes, before anything is tried.
func (q *squashing) checkFiles() error {
	last := q.old[len(q.old)-1]
	if q.o.name = normalName(strings.Fields(q.o.name)); q.o.name == "" {
		return &usageError{"--name has no letter or digit", "leave it out: the name is baseline then"}
	}
	dir, base := filepath.Split(last.Up.Path)
	if strings.EqualFold(base, "up.sql") { // a folder for each migration
		dir = filepath.Dir(filepath.Clean(dir))
	}
	q.path = filepath.Join(dir, string(last.Version)+"_"+q.o.name+".sql")
	if _, err := os.Lstat(q.path); !errors.Is(err, fs.ErrNotExist) {
		return lockstep.WithHint(fmt.Errorf("%s exists already", q.path), "give the baseline another name: --name baseline_2026")
	}
	for _, m := range q.old {
		if m.Name == q.o.name && m.Version == last.Version {
			return lockstep.WithHint(fmt.Errorf("%s is one of the migrations to be replaced", m.ID()), "give the baseline another name: --name baseline_2026")
		}
	}
	files, err := q.filesOf(append(q.old[:len(q.old):len(q.old)], q.left...))
	if err != nil {
		return err
	}
	q.plan(files)
	return nil
}

// move is a file that is removed, or moved to the archive.
type move struct{ from, to string } // to is "" if there is no archive

// filesOf lists the files of migrations, and where they go.
func (q *squashing) filesOf(migrations []*lockstep.Migration) ([]move, error) {
	if err := q.checkArchive(); err != nil {
		return nil, err
	}
	var all []move
	for _, m := range migrations {
		paths := []string{m.Up.Path}
		if m.Down != nil {
			paths = append(paths, m.Down.Path)
		}
		for _, from := range paths {
			to, err := q.archived(from)
			if err != nil {
				return nil, err
			}
			all = append(all, move{from, to})
		}
	}
	return all, nil
}

func (q *squashing) plan(files []move) {
	q.answer.Removed, q.answer.Archived = []string{}, nil
	for _, f := range files {
		if f.to == "" {
			q.answer.Removed = append(q.answer.Removed, f.from)
		} else {
			q.answer.Archived = append(q.answer.Archived, rename{f.from, f.to})
		}
	}
}

// checkArchive refuses an archive in which migrations would be found again.
func (q *squashing) checkArchive() error {
	if q.o.archive == "" {
		return nil
	}
	for _, dir := range q.settings.Dirs {
		if rel, err := within(dir, q.o.archive); err == nil && !strings.HasPrefix(rel, ".") || rel == "." {
			return &usageError{
				fmt.Sprintf("--archive %s is inside of %s, where its files would still be migrations", q.o.archive, dir),
				"name a folder beside it: --archive old/migrations",
			}
		}
	}
	return nil
}

// within returns path as seen from dir.
func within(dir, path string) (string, error) {
	from, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.Rel(from, to)
}

// archived is where a file goes, "" if it is deleted.
func (q *squashing) archived(path string) (string, error) {
	if q.o.archive == "" {
		return "", nil
	}
	to := filepath.Join(q.o.archive, filepath.Base(path))
	for _, dir := range q.settings.Dirs {
		if rel, err := within(dir, path); err == nil && !strings.HasPrefix(rel, "..") {
			to = filepath.Join(q.o.archive, rel)
		}
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return "", lockstep.WithHint(fmt.Errorf("archive %s: %s exists already", path, to), "name an empty folder: --archive DIR")
	}
	return to, nil
}

// write writes the baseline, makes sure that it is on the disk, and then
// removes what it replaces. What is interrupted in between does no harm: files
// that lie beside their baseline are left out, and the next squash removes them.
func (q *squashing) write(text string) error {
	if err := writeSafely(q.path, text); err != nil {
		return err
	}
	var files []move
	for _, path := range q.answer.Removed {
		files = append(files, move{path, ""})
	}
	for _, r := range q.answer.Archived {
		files = append(files, move{r.From, r.To})
	}
	return q.clear(files)
}

// writeSafely makes a file that is either whole or not there.
func writeSafely(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".lockstep-squash-*")
	if err != nil {
		return fmt.Errorf("write baseline: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // it has another name by then, or is of no use
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = renameNew(f.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("write baseline: %w", err)
	}
	return nil
}

// syncDir makes sure that a folder's names are on the disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	// Not all file systems can do this, and those that cannot need it less.
	_ = d.Sync()
	return d.Close()
}

// clear removes files, or moves them to the archive.
func (q *squashing) clear(files []move) error {
	q.plan(files)
	if q.o.dryRun {
		return nil
	}
	for _, f := range files {
		if err := f.do(); err != nil {
			return lockstep.WithHint(fmt.Errorf("remove %s: %w", f.from, err), "the baseline is complete; the same command again removes what is left")
		}
		if base := strings.ToLower(filepath.Base(f.from)); base == "up.sql" || base == "down.sql" {
			_ = os.Remove(filepath.Dir(f.from)) // the migration's folder, unless something else is in it
		}
	}
	return nil
}

func (f move) do() error {
	if f.to == "" {
		return os.Remove(f.from)
	}
	if err := os.MkdirAll(filepath.Dir(f.to), 0o755); err != nil {
		return err
	}
	if os.Rename(f.from, f.to) == nil {
		return nil
	}
	if err := copyFile(f.from, f.to); err != nil { // to another file system
		return err
	}
	return os.Remove(f.from)
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
