package main

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// The manual, a topic a file. A topic fits two screens of 80 columns and begins with "# weir help TOPIC: what
// it is about".
//
//go:embed help/*.md
var topics embed.FS

// tableTopics are the topics that are made of a table of the program.
var tableTopics = map[string]func() string{"causes": causesTopic, "counters": countersTopic,
	"metrics": metricsTopic, "outcomes": outcomesTopic}

// topic is the text of one; "" where there is none of that name.
func topic(name string) string {
	if of, ok := tableTopics[name]; ok {
		return of()
	}
	if !fs.ValidPath(name) {
		return ""
	}
	text, _ := topics.ReadFile("help/" + name + ".md") // an error is that there is none
	return strings.Replace(string(text), rulesMark, invalidRules(), 1)
}

// newHelp is `weir help COMMAND` and `weir help TOPIC`.
func newHelp(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC]",
		Short: "Show the help of a command, or a topic of the manual",
		Example: `  weir help run
  weir help verdict`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion,
			cobra.ShellCompDirective) {
			return topicNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				if err := cmd.Root().Help(); err != nil {
					return err
				}
				_, err := fmt.Fprintf(s.out, "\nTopics of the manual, for `weir help TOPIC`:\n%s",
					topicList())
				return err
			}
			if text := topic(args[0]); text != "" {
				_, err := io.WriteString(s.out, text)
				return err
			}
			if about, _, err := cmd.Root().Find(args); err == nil && about != cmd.Root() {
				return about.Help()
			}
			return usage("no command and no topic %s; the topics are:\n%s", quoted(args[0]), topicList())
		},
	}
}

func topicNames() (names []string) {
	files, err := fs.Glob(topics, "help/*.md")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(path.Base(f), ".md"))
	}
	return slices.Sorted(slices.Values(slices.AppendSeq(names, maps.Keys(tableTopics))))
}

// topicList has a line for each topic, with what its heading says of it.
func topicList() string {
	var b strings.Builder
	for _, name := range topicNames() {
		heading, _, _ := strings.Cut(topic(name), "\n")
		_, about, _ := strings.Cut(heading, ": ")
		fmt.Fprintf(&b, "  %-12s %s\n", name, about)
	}
	return b.String()
}
