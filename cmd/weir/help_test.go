package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"weir/loadgen"
	"weir/loadgen/belief"
	"weir/probe"
)

// TestTopics holds the manual's form, and that the program would accept every command that it shows.
func TestTopics(t *testing.T) {
	if len(topicNames()) < 15 {
		t.Fatalf("only %v: the topics are not embedded", topicNames())
	}
	for _, name := range topicNames() {
		text := topic(name)
		if !strings.HasPrefix(text, "# weir help "+name+": ") {
			t.Errorf("%s does not begin with its heading", name)
		}
		lines := strings.Split(text, "\n")
		if _, table := tableTopics[name]; len(lines) > 61 && !table {
			t.Errorf("%s has %d lines, a topic has 60 at most", name, len(lines)-1)
		}
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > 82 {
				t.Errorf("%s: a line of %d columns: %s", name, n, line)
			}
		}
		for _, command := range commands(text) {
			accepted(t, name, command)
		}
	}
}

// TestTopicsOfTheReadme: every topic that the README names exists, and every topic is named there.
func TestTopicsOfTheReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	for _, name := range topicNames() {
		if !regexp.MustCompile("`(weir help )?" + name + "`").MatchString(readme) {
			t.Errorf("the README does not name the topic %s", name)
		}
	}
	for _, m := range regexp.MustCompile("`weir help ([a-z]+)`").FindAllStringSubmatch(readme, -1) {
		if topic(m[1]) == "" {
			t.Errorf("the README names a topic that does not exist: %s", m[1])
		}
	}
	for i, part := range strings.Split(readme, "```") {
		code := regexp.MustCompile("`(weir [a-z]+[^`]*)`") // in a sentence
		if i%2 == 1 {
			code = regexp.MustCompile(`(?m)^(weir .*)$`) // in a block
		}
		for _, m := range code.FindAllStringSubmatch(part, -1) {
			accepted(t, "README", m[1])
		}
	}
}

// TestOutcomesTopic: every outcome has its line, below its phase.
func TestOutcomesTopic(t *testing.T) {
	text := topic("outcomes")
	for _, k := range loadgen.Kinds() {
		if strings.Count(text, "\n"+string(k.Outcome)+" ") != 1 {
			t.Errorf("%s has no line, or several", k.Outcome)
		}
	}
}

// TestCountersTopic: every metric of the probe's table has its line.
func TestCountersTopic(t *testing.T) {
	text := topic("counters")
	for _, m := range probe.Metrics {
		if !strings.Contains(text, "\n"+m.Name+" ") && !strings.Contains(text, "\n"+m.Name+"\n") {
			t.Errorf("no line of %s", m.Name)
		}
	}
	var b strings.Builder
	nameLines(&b, 6, "longer.than.that", "Things.")
	if want := "longer.than.that\n      Things.\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

// TestInvalidTopic: each rule by which a run is judged has its line, whole words and a number where it has a
// limit.
func TestInvalidTopic(t *testing.T) {
	_, table, _ := strings.Cut(topic("invalid"), "what to change\n")
	table, _, _ = strings.Cut(table, "\n\n")
	lines := strings.Split(table, "\n")
	if len(lines) != len(belief.Rules()) {
		t.Fatalf("%d lines for %d rules:\n%s", len(lines), len(belief.Rules()), table)
	}
	for i, want := range map[int]string{
		0: "the queue overflowed before the load       stop the other traffic first",
		1: "fewer than 99 % of due requests were sent  lower the rate",
		2: "send lag could fill 25 % of the queue      use a quieter machine",
	} {
		if lines[i] != want {
			t.Errorf("%q, want %q", lines[i], want)
		}
	}
	for _, line := range lines {
		if strings.ContainsAny(line, "{}_") || len(line) < 44 || line[42] != ' ' || line[43] == ' ' {
			t.Errorf("no reason and advice in columns: %q", line)
		}
	}
}

// commands are the lines of a text's code that call weir, joined where they go on.
func commands(text string) (list []string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	for _, m := range regexp.MustCompile(`(?m)^    (weir .*)$`).FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

// accepted parses a command's flags as the program does, without doing anything.
func accepted(t *testing.T, where, line string) {
	t.Helper()
	line, _, _ = strings.Cut(line, " > ")
	line, _, _ = strings.Cut(line, "  #")
	var words []string
	for _, m := range regexp.MustCompile(`'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		words = append(words, m[1]+m[2])
	}
	var out bytes.Buffer
	root := newRoot(streams{strings.NewReader(""), &out, &out})
	root.InitDefaultHelpCmd()
	cmd, rest, err := root.Find(words[1:])
	if err != nil || cmd == root {
		t.Errorf("%s: no such command: %s (%v)", where, line, err)
		return
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Errorf("%s: %v: %s", where, err, line)
	}
}
