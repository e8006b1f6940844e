package servers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// errNoMirror is returned on machines whose apt sources name no Debian mirror.
var errNoMirror = errors.New("no Debian mirror in the machine's apt sources (tests with servers need Debian)")

// apt is apt-get with a state of its own: the package lists of one suite and an
// empty list of installed packages, so that it resolves whole closures and
// never reads or changes what the machine has installed.
type apt struct {
	dir   string
	suite string
}

func (c Cache) newApt(suite string) (apt, error) {
	a := apt{dir: filepath.Join(c.Dir, "apt", suite), suite: suite}
	for _, d := range []string{"lists/partial", "archives/partial"} {
		if err := os.MkdirAll(filepath.Join(a.dir, d), 0o755); err != nil {
			return a, fmt.Errorf("make apt state: %w", err)
		}
	}
	mirror, err := debianMirror("/etc/apt")
	if err != nil {
		return a, err
	}
	line := "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " + mirror + " " + suite + " main\n"
	err = errors.Join(
		os.WriteFile(filepath.Join(a.dir, "sources.list"), []byte(line), 0o644),
		os.WriteFile(filepath.Join(a.dir, "status"), nil, 0o644))
	if err != nil {
		return a, fmt.Errorf("write apt state: %w", err)
	}
	return a, nil
}

// run executes apt-get and returns its standard output.
func (a apt) run(ctx context.Context, args ...string) (string, error) {
	at := func(name string) string { return filepath.Join(a.dir, name) }
	options := []string{
		"Dir::Etc::sourcelist=" + at("sources.list"),
		"Dir::Etc::sourceparts=-",
		"Dir::State::lists=" + at("lists"),
		"Dir::State::status=" + at("status"),
		"Dir::State::extended_states=" + at("extended"),
		"Dir::Cache=" + a.dir,
		"Dir::Cache::archives=" + at("archives"),
		"APT::Sandbox::User=root",
		"APT::Install-Recommends=false",
		"Acquire::Languages=none",
		"Acquire::Retries=5",
		"Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
		"Debug::NoLocking=1",
		// A mirror that lags behind still serves what it has signed.
		"Acquire::Check-Valid-Until=false",
	}
	var full []string
	for _, o := range options {
		full = append(full, "-o", o)
	}
	return output(ctx, at("archives"), "apt-get", append(full, args...)...)
}

// fetch downloads the packages with the libraries they need and returns the
// paths of the files. What the packages need besides libraries (perl scripts,
// service managers, compilers of just-in-time code) is left out.
func (a apt) fetch(ctx context.Context, packages []string) ([]string, error) {
	out, err := a.run(ctx, append([]string{"install", "-s"}, packages...)...)
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) > 1 && f[0] == "Inst" && wanted(f[1], packages) {
			names = append(names, f[1])
		}
	}
	if _, err := a.run(ctx, append([]string{"download"}, names...)...); err != nil {
		return nil, err
	}
	var files []string
	for _, n := range names {
		found, err := filepath.Glob(filepath.Join(a.dir, "archives", n+"_*.deb"))
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("download of %s left no file", n)
		}
		files = append(files, found[len(found)-1])
	}
	return files, nil
}

func wanted(name string, asked []string) bool {
	if slices.Contains(asked, name) {
		return true
	}
	for _, skip := range []string{"libperl", "libllvm", "libz3", "libsystemd-shared"} {
		if strings.HasPrefix(name, skip) {
			return false
		}
	}
	return strings.HasPrefix(name, "lib") && !strings.HasSuffix(name, "-perl")
}

// unpackDebian fills dir with the packages of p.
func (c Cache) unpackDebian(ctx context.Context, p prefix, dir string) error {
	a := apt{dir: filepath.Join(c.Dir, "apt", p.suite), suite: p.suite}
	files, err := a.fetch(ctx, p.packages)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", p.name, err)
	}
	for _, f := range files {
		if _, err := output(ctx, dir, "dpkg", "-x", f, dir); err != nil {
			return fmt.Errorf("unpack %s: %w", filepath.Base(f), err)
		}
	}
	return nil
}

// debianMirror finds the mirror that the machine itself uses, in either format
// of apt's source files below etc.
func debianMirror(etc string) (string, error) {
	files, err := filepath.Glob(filepath.Join(etc, "sources.list.d", "*"))
	if err != nil {
		return "", fmt.Errorf("list apt sources: %w", err)
	}
	for _, f := range append(files, filepath.Join(etc, "sources.list")) {
		data, err := os.ReadFile(f)
		if err != nil {
			continue // the next file may name the mirror; none at all is errNoMirror
		}
		if m := mirrorIn(data); m != "" {
			return m, nil
		}
	}
	return "", errNoMirror
}

func mirrorIn(data []byte) string {
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		for _, word := range strings.Fields(lines.Text()) {
			if strings.HasPrefix(word, "#") {
				break
			}
			word = strings.TrimSuffix(word, "/")
			if strings.HasPrefix(word, "http") && strings.HasSuffix(word, "/debian") {
				return word
			}
		}
	}
	return ""
}

// output runs a program in dir and returns its standard output; the error
// carries the end of what it said.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("run %s: %w\n%s", name, err, tail(stdout.String()+stderr.String(), 15))
	}
	return stdout.String(), nil
}

// tail returns the last n lines of s.
func tail(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, "\n")
}
