package cli

import (
	"cmp"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what is known of the running program.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"` // built from a tree with changes
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func thisBuild() build {
	b := build{Version: "(devel)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = cmp.Or(info.Main.Version, b.Version)
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// toolName is how the program calls itself in ledgers and sessions.
func toolName() string { return "lockstep " + thisBuild().Version }

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version",
		Example: "  lockstep version\n  lockstep version --json",
		Args:    atMost(0),
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if a.flags.json {
				return a.printJSON(b)
			}
			return a.printf("lockstep %s (%s, %s/%s)\n", b.Version, b.Go, b.OS, b.Arch)
		},
	}
}
