package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstepdb/lockstep/internal/config"
)

// action is what a command does once its settings are known.
type action func(ctx context.Context, s *config.Settings, args []string) error

// with makes a command's function out of an action: it finds the settings,
// learns what is secret in them, and sets the time limit.
func (a *app) with(do action) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		s, err := a.settings()
		if err != nil {
			return err
		}
		ctx := cmd.Context()
		if s.Timeout > 0 {
			a.flags.timeout = s.Timeout // for the message
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeoutCause(ctx, s.Timeout, errTimeout)
			defer cancel()
		}
		for _, n := range s.Notes {
			a.note(n)
		}
		err = do(ctx, s, args)
		if err != nil && errors.Is(context.Cause(ctx), errTimeout) && !errors.Is(err, errTimeout) {
			err = fmt.Errorf("%w: %w", errTimeout, err) // a server only says that it was told to stop
		}
		return err
	}
}

// settings merges flags, environment and configuration file.
func (a *app) settings() (*config.Settings, error) {
	flags, err := a.flagValues()
	if err != nil {
		return nil, err
	}
	s, err := config.Resolve(config.Input{
		Flags: flags, File: a.flags.config, Env: a.flags.env, PasswordFile: a.flags.passwordFile, Environ: a.std.Environ,
	})
	if err != nil {
		return nil, err
	}
	a.hide(s.Redactor())
	return s, nil
}

func (a *app) flagValues() (config.Values, error) {
	vars, err := varsOf(a.flags.vars)
	if err != nil {
		return config.Values{}, err
	}
	v := config.Values{DB: a.flags.db, Dirs: a.flags.dirs, Ledger: a.flags.ledger, Vars: vars}
	if v.DB != "" {
		v.DBFrom = "--db"
	}
	if schema, name, ok := strings.Cut(a.flags.ledger, "."); ok {
		v.LedgerSchema, v.Ledger = schema, name
	}
	switch {
	case a.flags.timeout < 0:
		return v, &usageError{"--timeout is negative", "write it as 30s or 5m; 0 means no limit"}
	case a.flags.timeout > 0:
		v.Timeout = &a.flags.timeout
	}
	return v, nil
}
