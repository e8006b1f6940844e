package lockstep

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Dir returns the folder dir of the operating system as a source for [Load]
// whose faults and errors name files by their path from the working directory.
func Dir(dir string) fs.FS { return dirFS{os.DirFS(dir), dir} }

type dirFS struct {
	fs.FS
	dir string
}

// String is the prefix of the paths in messages.
func (d dirFS) String() string { return d.dir }

// ReadFile reads a file whole.
func (d dirFS) ReadFile(name string) ([]byte, error) {
	return readFile(filepath.Join(d.dir, filepath.FromSlash(name)))
}

// ReadDir lists a folder.
func (d dirFS) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(d.FS, name) }

// Load reads the migrations of one or more sources into one Set: pairs
// <version>_<name>.up.sql and .down.sql, single <version>_<name>.sql, folders
// <version>_<name> with up.sql and down.sql, and repeatable/<name>.sql, in
// subfolders of any depth. A source that is a fmt.Stringer (see [Dir]) gives
// the prefix of the paths in messages.
//
// Every file is checked before anything is done with one; the error is a
// *FilesError with all faults, or that of a source that cannot be read. Texts
// are not kept: memory is bounded by the largest file.
func Load(sources ...fs.FS) (*Set, error) {
	var l loader
	for _, src := range sources {
		if err := l.walk(src); err != nil {
			return nil, err
		}
	}
	l.readAll()
	migrations := l.assemble()
	if len(l.faults) > 0 {
		slices.SortStableFunc(l.faults, func(a, b Fault) int {
			return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Pos.Offset, b.Pos.Offset))
		})
		return nil, &FilesError{l.faults}
	}
	return NewSet(migrations...)
}

// file is one SQL file found in a source.
type file struct {
	fsys    fs.FS
	name    string // inside fsys
	display string // for people
	key
	role   fileRole
	script Script
	faults []Fault
}

type fileRole uint8

const (
	roleUp fileRole = iota
	roleDown
	rolePlain // a lone .sql: an up without a way back
	roleRepeatable
)

type loader struct {
	files  []*file
	faults []Fault
}

func (l *loader) fault(file, msg, hint string) {
	l.faults = append(l.faults, Fault{File: file, Msg: msg, Hint: hint})
}

func (l *loader) walk(src fs.FS) error {
	return fs.WalkDir(src, ".", func(name string, entry fs.DirEntry, err error) error {
		display := displayPath(src, name)
		switch {
		case err != nil && name == ".":
			return fmt.Errorf("read migrations folder %s: %w", display, unwrapPath(err))
		case err != nil:
			l.fault(display, fmt.Sprintf("cannot be read: %v", unwrapPath(err)), "check the permissions of the folder")
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case !entry.IsDir():
			l.add(src, name, display, entry)
		}
		return nil
	})
}

// unwrapPath drops the path that fs errors repeat.
func unwrapPath(err error) error {
	if pe, ok := err.(*fs.PathError); ok { //nolint:errorlint // only the outermost layer repeats the path
		return pe.Err
	}
	return err
}

func displayPath(src fs.FS, name string) string {
	if s, ok := src.(fmt.Stringer); ok {
		return filepath.Join(s.String(), filepath.FromSlash(name))
	}
	return name
}

// add records a file if it is a migration.
func (l *loader) add(src fs.FS, name, display string, entry fs.DirEntry) {
	if entry.Type()&fs.ModeSymlink != 0 {
		if info, err := fs.Stat(src, name); err == nil && info.IsDir() {
			l.fault(display, "is a link to a folder, which is not followed", "name the folder itself as one more --dir")
			return
		}
	}
	base, ok := cutSuffixFold(path.Base(name), ".sql")
	if !ok {
		return
	}
	f := &file{fsys: src, name: name, display: display}
	if !f.classify(base) {
		l.fault(display, "has no version in its name",
			"name it <version>_<verb>_<what>.up.sql, for example "+exampleName(base)+", or keep it out of the migrations folder")
		return
	}
	l.files = append(l.files, f)
}

func exampleName(base string) string { return "20260101120000_" + base + ".up.sql" }

func cutSuffixFold(s, suffix string) (string, bool) {
	if n := len(s) - len(suffix); n > 0 && strings.EqualFold(s[n:], suffix) {
		return s[:n], true
	}
	return s, false
}

// classify reads version, name and role from the path. base is the file's
// name without ".sql".
func (f *file) classify(base string) (ok bool) {
	dir := path.Dir(f.name)
	if path.Base(dir) == "repeatable" {
		f.role, f.Name = roleRepeatable, base
		return true
	}
	if lower := strings.ToLower(base); lower == "up" || lower == "down" {
		f.role = map[string]fileRole{"up": roleUp, "down": roleDown}[lower]
		f.Version, f.Name, ok = parseName(path.Base(dir))
		return ok
	}
	f.role = rolePlain
	if b, ok := cutSuffixFold(base, ".up"); ok {
		base, f.role = b, roleUp
	} else if b, ok := cutSuffixFold(base, ".down"); ok {
		base, f.role = b, roleDown
	}
	f.Version, f.Name, ok = parseName(base)
	return ok
}

// readAll reads the files that are needed now. Downs are read when they are
// used or checked.
func (l *loader) readAll() {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(l.files)); i = next.Add(1) - 1 {
				l.files[i].load()
			}
		})
	}
	wg.Wait()
	for _, f := range l.files {
		l.faults = append(l.faults, f.faults...)
	}
}

func (f *file) load() {
	f.script = Script{Path: f.display, open: f.open}
	if f.role == roleDown {
		return
	}
	text, err := f.open()
	if err != nil {
		f.faults = append(f.faults, unreadable(f.display, err))
		return
	}
	f.faults = f.script.accept(text)
	if len(f.faults) == 0 && headLength(text) == len(text) {
		f.faults = append(f.faults, noStatement(f.display))
	}
}

func noStatement(display string) Fault {
	return Fault{
		File: display, Msg: "holds no statement",
		Hint: "write the change, or delete the file; a migration that only marks a point can say SELECT 1;",
	}
}

func (f *file) open() (string, error) {
	b, err := fs.ReadFile(f.fsys, f.name)
	return string(b), err
}

func unreadable(display string, err error) Fault {
	return Fault{
		File: display, Msg: fmt.Sprintf("cannot be read: %v", unwrapPath(err)),
		Hint: "check that the file exists, is no loop of links and may be read by this user",
	}
}

// assemble pairs ups with downs.
func (l *loader) assemble() []*Migration {
	var migrations []*Migration
	ups := map[key]*Migration{}
	byVersion := map[Version][]*Migration{}
	for _, f := range l.files {
		if f.role == roleDown {
			continue
		}
		m := f.migration()
		migrations = append(migrations, m)
		if f.role != roleRepeatable {
			ups[f.key] = m
			byVersion[f.Version] = append(byVersion[f.Version], m)
		}
	}
	for _, f := range l.files {
		if f.role == roleDown {
			l.pair(f, ups[f.key], byVersion[f.Version])
		}
	}
	return migrations
}

// pair gives a down to its up: the one of the same name, else the only one of
// its version.
func (l *loader) pair(f *file, same *Migration, version []*Migration) {
	if same == nil && len(version) == 1 {
		same = version[0]
	}
	switch {
	case same == nil:
		l.fault(f.display, "is a down without its up", fmt.Sprintf("add %s.up.sql beside it, or delete it", joinID(f.Version, f.Name)))
	case same.Down != nil:
		l.fault(f.display, "is a second down of "+same.ID()+" beside "+same.Down.Path, "delete one of them")
	default:
		same.Down = &f.script
	}
}

func (f *file) migration() *Migration {
	d := f.script.Directives
	m := &Migration{
		Version: f.Version, Name: f.Name, Kind: cmp.Or(d.Kind, KindSchema), Phase: d.Phase,
		OutOfOrder: d.OutOfOrder, Allow: d.Allow, Replaces: d.Replaces, Up: f.script,
	}
	if f.role == roleRepeatable {
		m.Kind = KindRepeatable
	}
	return m
}
