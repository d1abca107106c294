package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

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
			_, err := fmt.Fprintf(s.out, "weir %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS,
				runtime.GOARCH)
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
// also by the environment.
func commandLine(cmd *cobra.Command) []string {
	return slices.Concat([]string{"weir", cmd.Name()}, given(cmd.Flags()), cmd.Flags().Args())
}

// given are the flags that were set, as they are written, but for some and for hidden ones. Headers may hold
// secrets and are told without their values.
func given(flags *pflag.FlagSet, except ...string) (line []string) {
	flags.Visit(func(f *pflag.Flag) {
		if f.Hidden || slices.Contains(except, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			if f.Name == "header" {
				v = withoutValue(v)
			}
			line = append(line, "--"+f.Name+"="+v)
		}
	})
	return line
}
