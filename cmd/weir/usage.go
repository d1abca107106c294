package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	helpWidth  = 80 // columns, of a terminal that nobody widened
	helpIndent = 26 // of what a flag means
)

// section annotates a flag: a group of flags begins with it, under this heading.
const section = "weir_section"

// sections gives headings to a command's flags, each by the name of the flag that it begins with.
func sections(flags *pflag.FlagSet, headings ...[2]string) {
	for _, h := range headings {
		if err := flags.SetAnnotation(h[0], section, []string{h[1]}); err != nil {
			panic(err) // the flag does not exist
		}
	}
}

// usageOf is a command's usage as `--help` shows it, in 80 columns. The flag library's own runs to 220.
func usageOf(cmd *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", usageLine(cmd))
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	for _, g := range cmd.Groups() {
		fmt.Fprintf(&b, "\n%s\n", g.Title)
		for _, c := range cmd.Commands() {
			if c.GroupID == g.ID && c.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-11s %s\n", c.Name(), c.Short)
			}
		}
	}
	if len(cmd.Groups()) > 0 {
		fmt.Fprintf(&b, "\nAlso: %s. `%s COMMAND --help` shows the flags of a command.\n",
			strings.Join(ungrouped(cmd), ", "), cmd.Name())
	} else if flags := cmd.LocalFlags(); flags.HasAvailableFlags() {
		b.WriteString("\nFlags:\n" + flagUsages(flags))
	}
	_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
	return err
}

func usageLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND [flags]"
	}
	return cmd.UseLine()
}

func ungrouped(cmd *cobra.Command) (names []string) {
	for _, c := range cmd.Commands() {
		if c.GroupID == "" && c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// flagUsages lists flags under the headings of sections.
func flagUsages(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		if h := f.Annotations[section]; len(h) > 0 {
			fmt.Fprintf(&b, "\n %s\n", h[0])
		}
		b.WriteString(flagUsage(f))
	})
	return strings.TrimPrefix(b.String(), "\n")
}

func flagUsage(f *pflag.Flag) string {
	value, meaning := pflag.UnquoteUsage(f)
	name := "  --" + f.Name
	if f.Shorthand != "" {
		name = "  -" + f.Shorthand + ", --" + f.Name
	}
	if value != "" {
		name += " " + value
	}
	if d := f.DefValue; d != "" && d != "0" && d != "0s" && d != "false" && d != "[]" {
		meaning += " (default " + d + ")"
	}
	lines := wrap(meaning, helpWidth-helpIndent)
	pad := "\n" + strings.Repeat(" ", helpIndent)
	if n := utf8.RuneCountInString(name); n < helpIndent-1 {
		return name + strings.Repeat(" ", helpIndent-n) + strings.Join(lines, pad) + "\n"
	}
	return name + pad + strings.Join(lines, pad) + "\n"
}

// wrap breaks a text at blanks into lines of at most so many columns.
func wrap(text string, columns int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= columns:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}
