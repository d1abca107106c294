package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// release is set by the Makefile from the repository's tags; a plain `go install` leaves it empty.
var release string

func newVersion(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Example: "  weir version",
		Args: arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(s.out, "weir %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

// commandLine is the command as it can be repeated: its name, its arguments and every flag that was set,
// also by the environment. Headers may hold secrets and are recorded without their values.
func commandLine(cmd *cobra.Command) []string {
	line := []string{"weir", cmd.Name()}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if values, ok := f.Value.(pflag.SliceValue); ok {
			for _, v := range values.GetSlice() {
				if f.Name == "header" {
					v = withoutValue(v)
				}
				line = append(line, "--"+f.Name+"="+v)
			}
			return
		}
		line = append(line, "--"+f.Name+"="+f.Value.String())
	})
	return append(line, cmd.Flags().Args()...)
}
