package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/report/words"
)

// Markdown writes report.md in GitHub's dialect: the verdict, every warning, the lanes side by side,
// the trials, what the logs said, and how to repeat the run. It has no figures.
func Markdown(w io.Writer, a *result.Analysis) error {
	a = readable(a)
	var b strings.Builder
	fmt.Fprintf(&b, "# weir: %s\n\n", md(strings.Join(title(a), " · ")))
	if !a.Valid {
		b.WriteString("> [!CAUTION]\n> **INVALID RUN.** Nothing below can be relied on.\n")
		for _, why := range words.List(a.InvalidReasons) {
			fmt.Fprintf(&b, "> - %s\n", md(why))
		}
		b.WriteString("\n")
	}
	for _, sentence := range sentences(a) {
		fmt.Fprintf(&b, "%s\n\n", md(sentence))
	}
	if len(a.Warnings) > 0 {
		b.WriteString("> [!WARNING]\n")
		for _, warning := range warnings(a) {
			fmt.Fprintf(&b, "> - %s (%s)\n", md(warning.Text), code(string(warning.Code)))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "**Capacity** %s\n\n", md(capacityLine(a.Capacity)))
	mdSummary(&b, a)
	if len(a.Assertions) > 0 {
		fmt.Fprintf(&b, "## Assertions: %s\n\n", gate.Overall(a.Assertions))
		mdAssertions(&b, a.Assertions)
	}
	if a.Valid {
		for _, why := range causes(a) {
			fmt.Fprintf(&b, "**Why** %s\n\n", md(why))
		}
	}
	if a.Comparison != nil {
		b.WriteString("## What the proxy adds, hides and costs\n\n")
		mdComparison(&b, a.Comparison)
	}
	for i := range a.Lanes {
		mdLane(&b, &a.Lanes[i])
	}
	mdHosts(&b, a)
	mdRepeat(&b, a)
	_, err := io.WriteString(w, b.String())
	return err
}

func mdSummary(b *strings.Builder, a *result.Analysis) {
	head := []string{""}
	for _, l := range a.Lanes {
		head = append(head, md(l.Name))
	}
	var body [][]string
	for _, r := range summary(a) {
		line := []string{r.Label}
		for _, c := range r.Cells {
			line = append(line, md(c.Text()))
		}
		body = append(body, line)
	}
	mdTable(b, head, 1, body)
	if a.Agreement != nil {
		fmt.Fprintf(b, "Onset of proxy ÷ onset of direct: %s\n\n", ratioCell(*a.Agreement).Text())
	}
}

func mdLane(b *strings.Builder, l *result.Lane) {
	fmt.Fprintf(b, "## Lane %s\n\n%s · listener %s\n\n", md(l.Name), code(l.URL), code(l.Listener))
	quantiles := "p50, p99"
	if l.FromSent.P99 == nil {
		quantiles = "p50" // too few for more
	}
	fmt.Fprintf(b, "Connections (%s): %s. SYNs lost: %s. Latency %s from sending: %s.\n\n",
		md(cmp.Or(l.Connections.Use, unknown)), md(connections(nil, l).Main), lostSYNs(nil, l).Main, quantiles, fromSent(nil, l).Main)
	if text := whereTime(l); text != "" {
		fmt.Fprintf(b, "Where the time goes: %s.\n\n", md(text))
	}
	if text := crossChecks(l); text != "" {
		fmt.Fprintf(b, "Onset, cross-checked: %s.\n\n", md(text))
	}
	for _, e := range l.Cause.Evidence {
		fmt.Fprintf(b, "- %s\n", md(e.Text))
	}
	for _, also := range otherCauses(l) {
		fmt.Fprintf(b, "- %s\n", md(also))
	}
	if len(l.Cause.Evidence) > 0 {
		b.WriteString("\n")
	}
	if len(l.Trials) > 0 {
		var body [][]string
		for _, t := range trialRows(l) {
			line := []string{}
			for _, text := range t {
				line = append(line, md(text))
			}
			body = append(body, line)
		}
		mdTable(b, trialHead(), len(trialHead())-1, body)
	}
	for _, text := range []string{proxyAccount(l.ProxyLog), proxyStatus(l.ProxyStatus)} {
		if text != "" {
			fmt.Fprintf(b, "NGINX: %s.\n\n", md(text))
		}
	}
	if rows := proxiedRows(l); len(rows) > 0 {
		var body [][]string
		for _, r := range rows {
			body = append(body, []string{code(r[0]), r[1], code(r[2]), md(r[3])})
		}
		mdTable(b, proxiedHead(), 2, body)
	}
	if len(l.LogClasses) > 0 {
		var body [][]string
		for _, c := range l.LogClasses {
			body = append(body, []string{code(c.Source), code(c.Class), count(c.Count), code(c.Text)})
		}
		mdTable(b, []string{"log", "class", "lines", "example"}, 2, body)
	}
}

func mdHosts(b *strings.Builder, a *result.Analysis) {
	if len(a.Hosts) == 0 {
		return
	}
	b.WriteString("## Hosts\n\n")
	mdTable(b, hostHead(), len(hostHead())-1, mdRows(hostRows(a)))
	if anyTraced(a) {
		b.WriteString("Traced in the kernel by eBPF, over the whole run:\n\n")
		mdTable(b, tracedHead(), len(tracedHead())-1, mdRows(tracedRows(a)))
	}
}

// mdRows escapes every cell.
func mdRows(rows [][]string) (body [][]string) {
	for _, cells := range rows {
		line := make([]string, len(cells))
		for i, text := range cells {
			line[i] = md(text)
		}
		body = append(body, line)
	}
	return body
}

func mdRepeat(b *strings.Builder, a *result.Analysis) {
	b.WriteString("## Environment and how to repeat it\n\n")
	var body [][]string
	for _, e := range environment(a) {
		body = append(body, []string{md(e.Name), code(e.Value)})
	}
	mdTable(b, []string{"", ""}, 2, body)
	if len(a.Command) > 0 {
		fmt.Fprintf(b, "%s\n", code(commandLine(a.Command)))
	}
}

// mdTable writes a table; columns from the left-th to the end are aligned to the left like the first,
// the ones between to the right, because they are numbers.
func mdTable(b *strings.Builder, head []string, left int, body [][]string) {
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---:"
		if i == 0 || i >= left {
			rule[i] = "---"
		}
	}
	line(rule)
	for _, cells := range body {
		line(cells)
	}
	b.WriteString("\n")
}

// mdEscape takes the meaning from every character that has one in GitHub's Markdown, HTML included.
var mdEscape = strings.NewReplacer(
	"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "#", "\\#", "|", "\\|", "~", "\\~", "!", "\\!",
	"<", "&lt;", ">", "&gt;", "&", "&amp;", "@", "&#64;", "://", "&#58;//",
)

func md(s string) string { return mdEscape.Replace(s) }

// code is a code span, also within a table. Its fence is longer than any run of backticks inside
// (CommonMark 6.1), and GitHub reads \| in a table before it looks for code.
func code(s string) string {
	if s == "" {
		return "–"
	}
	longest, run := 0, 0
	for _, r := range s {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + strings.ReplaceAll(s, "|", "\\|") + fence
}
