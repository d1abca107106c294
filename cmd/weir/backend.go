package main

import (
	"github.com/spf13/cobra"

	"weir/scenarios/backend"
)

// newBackend is the embedded backend as a process of its own, for the lab.
func newBackend(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "backend", Short: "The embedded backend (used by the lab)", Hidden: true,
		DisableFlagParsing: true, // it parses its own
		RunE: func(cmd *cobra.Command, args []string) error {
			return backend.Main(cmd.Context(), args, s.in, s.out, s.err)
		},
	}
}
