package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/lockstepdb/lockstep"
)

// DefaultFile is read when it exists and no other file is named.
const DefaultFile = "lockstep.toml"

// File is a configuration file that was read and understood.
type File struct {
	Path string
	Top  Values
	Envs map[string]Values
	text string
}

// FileError is something wrong in a configuration file. It quotes no value,
// because values may be secret.
type FileError struct {
	Path   string
	Line   int // 0 = the whole file
	Column int // 0 = unknown
	Msg    string
	Way    string
}

// Error returns "file:line: message".
func (e *FileError) Error() string {
	if e.Line == 0 {
		return e.Path + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Msg)
}

// Hint returns the way out.
func (e *FileError) Hint() string { return e.Way }

// ReadFile reads a configuration file. The error is a *FileError.
func ReadFile(path string) (*File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, &FileError{Path: path, Msg: fmt.Sprintf("cannot be read: %v", err), Way: "lockstep init writes one; --config names another"}
	}
	return parseFile(path, string(b))
}

func parseFile(path, text string) (*File, error) {
	var tree map[string]any
	meta, err := toml.Decode(text, &tree)
	if err != nil {
		return nil, syntaxError(path, err)
	}
	f := &File{Path: path, Envs: map[string]Values{}, text: text}
	for _, k := range meta.Keys() {
		if err := f.checkKey(k); err != nil {
			return nil, err
		}
	}
	if f.Top, err = f.values(tree, nil); err != nil {
		return nil, err
	}
	envs, _ := tree["env"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(envs)) {
		section, _ := envs[name].(map[string]any)
		if f.Envs[name], err = f.values(section, []string{"env", name}); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// syntaxError leaves out the parser's excerpt: the line may hold a password.
func syntaxError(path string, err error) error {
	var pe toml.ParseError
	if !errors.As(err, &pe) {
		return &FileError{Path: path, Msg: "is no valid TOML", Way: "see https://toml.io"}
	}
	msg := "is no valid TOML"
	if pe.LastKey != "" {
		msg += fmt.Sprintf(" near key %q", pe.LastKey)
	}
	way := "texts stand in quotes: key = \"value\""
	switch {
	case strings.Contains(pe.Message, "already been defined") || strings.Contains(pe.Message, "already defined"):
		msg, way = fmt.Sprintf("key %q is given twice", pe.LastKey), "delete one of them"
	case strings.Contains(pe.Message, "UTF-8"):
		way = "save the file as UTF-8"
	}
	return &FileError{Path: path, Line: pe.Position.Line, Msg: msg, Way: way}
}

// checkKey refuses keys that nothing reads.
func (f *File) checkKey(path toml.Key) error {
	k := []string(path)
	if k[0] == "env" {
		if len(k) <= 2 {
			return nil
		}
		k = k[2:]
	}
	table, name, known := "", k[0], append(keyNames(""), "env")
	slices.Sort(known)
	if k[0] == "vars" {
		return nil
	}
	if isSection(k[0]) && len(k) > 1 {
		table, name, known = k[0], k[1], keyNames(k[0])
	}
	if slices.Contains(known, name) && (name != "env" || len(path) < 3) {
		return nil
	}
	e := &FileError{Path: f.Path, Line: f.line(path), Msg: fmt.Sprintf("unknown key %q", strings.Join(path, ".")), Way: "known keys are " + strings.Join(known, ", ")}
	if near := lockstep.Nearest(name, known); near != "" {
		e.Way = fmt.Sprintf("did you mean %q?", strings.TrimPrefix(table+"."+near, "."))
	}
	return e
}

// values reads one table of the file.
func (f *File) values(tree map[string]any, path []string) (Values, error) {
	var v Values
	for _, k := range Keys() {
		value, found := lookup(tree, strings.Split(k.Name, "."))
		if !found {
			continue
		}
		full := append(slices.Clone(path), strings.Split(k.Name, ".")...)
		if !k.set(&v, value) {
			return v, &FileError{Path: f.Path, Line: f.line(full), Msg: k.wrong(), Way: k.Name + " takes " + k.want}
		}
	}
	for i, dir := range v.Dirs { // relative to the file, wherever the command is run
		if !filepath.IsAbs(dir) {
			v.Dirs[i] = filepath.Join(filepath.Dir(f.Path), dir)
		}
	}
	if v.DB != "" {
		v.DBFrom = f.Path
		if len(path) > 0 {
			v.DBFrom += " [" + strings.Join(path, ".") + "]"
		}
	}
	return v, nil
}

func lookup(tree map[string]any, path []string) (any, bool) {
	value, found := tree[path[0]]
	if len(path) == 1 || !found {
		return value, found
	}
	inner, ok := value.(map[string]any)
	if !ok {
		return struct{}{}, true // no section: a value that every set refuses
	}
	return lookup(inner, path[1:])
}

// line finds the line on which a key is given, 0 if it cannot be told.
func (f *File) line(path []string) int {
	want := strings.Join(path, ".")
	table, n := "", 0
	for text := range strings.Lines(f.text) {
		n++
		text = strings.TrimSpace(text)
		if header, ok := strings.CutPrefix(text, "["); ok {
			header, _, _ = strings.Cut(strings.TrimLeft(header, "["), "]")
			table = unquoteKey(header)
			if table == want {
				return n
			}
			continue
		}
		key, _, found := strings.Cut(text, "=")
		if found && strings.TrimPrefix(table+"."+unquoteKey(key), ".") == want {
			return n
		}
	}
	if len(path) > 1 { // inside an inline table
		return f.line(path[:len(path)-1])
	}
	return 0
}

func unquoteKey(s string) string {
	parts := strings.Split(strings.TrimSpace(s), ".")
	for i := range parts {
		parts[i] = strings.Trim(strings.TrimSpace(parts[i]), `"'`)
	}
	return strings.Join(parts, ".")
}
