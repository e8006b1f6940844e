package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep/internal/config"
)

// completeVersions offers the versions of the migration files, newest first.
func (a *app) completeVersions(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	s, err := a.settings()
	if err != nil {
		return nil, directive
	}
	set, err := load(s.Dirs)
	if err != nil {
		return nil, directive
	}
	var all []cobra.Completion
	for _, m := range slices.Backward(set.Migrations()) {
		all = append(all, cobra.CompletionWithDesc(string(m.Version), m.Name))
	}
	return all, directive
}

// completeEnvs offers the environments of the configuration file.
func (a *app) completeEnvs(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	path := orDefault(a.flags.config, config.DefaultFile)
	f, err := config.ReadFile(path)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var all []cobra.Completion
	for name := range f.Envs {
		all = append(all, name)
	}
	slices.Sort(all)
	return all, cobra.ShellCompDirectiveNoFileComp
}

// versionArgument completes the one argument that is a version.
func (a *app) versionArgument(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeVersions(cmd, args, toComplete)
}

// ctxAction is an action that takes no arguments.
func noArguments(do func(context.Context, *config.Settings) error) action {
	return func(ctx context.Context, s *config.Settings, _ []string) error { return do(ctx, s) }
}
