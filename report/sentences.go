package report

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"weir/report/result"
	"weir/report/runfile"
	"weir/report/words"
)

// What the formats for people say in words around the table.

// capacityLine says what was computed and from what.
func capacityLine(c result.Capacity) string {
	if c.Computed == nil {
		switch {
		case c.Workers == 0 && c.ServiceTime == nil:
			return unknown + ": the number of workers and their service time are missing" + notCounted(c)
		case c.Workers == 0:
			return unknown + ": the number of workers is missing" + notCounted(c)
		default:
			return unknown + ": the service time is missing"
		}
	}
	text := digits(*c.Computed, 4) + " req/s" // four digits: thousands of stamps make its interval narrow
	if c.Low != nil && c.High != nil {
		text += " " + interval4(*c.Low, *c.High)
	} else {
		text += " (no interval: the service time is as stated)"
	}
	text += " = " + plural(uint64(c.Workers), counted(c)+"worker")
	if c.WorkerConnections > 1 {
		text += " × " + plural(uint64(c.WorkerConnections), "connection")
	}
	text += " ÷ " + secondsOr(c.ServiceTime)
	var from []string
	if c.ServiceTimeSource != "" {
		from = append(from, words.Of(result.Finding{Code: result.Code("service_time_" + c.ServiceTimeSource)}))
	}
	if c.ServiceTimeCount > 0 {
		from = append(from, "n = "+count(c.ServiceTimeCount))
	}
	if c.NominalServiceTime != nil {
		from = append(from, seconds(*c.NominalServiceTime)+" nominal")
	}
	if len(from) > 0 {
		text += " (" + strings.Join(from, ", ") + ")"
	}
	return text
}

// counted tells workers that weir counted itself from those that were stated. The evidence is in the environment's table.
func counted(c result.Capacity) string {
	if c.WorkersSource == runfile.Counted {
		return "counted "
	}
	return ""
}

// notCounted is why they were not counted, where weir looked.
func notCounted(c result.Capacity) string {
	if c.WorkersSource == runfile.NotCounted {
		why, _, _ := strings.Cut(c.WorkersEvidence, ";") // the processes that were seen follow
		return " (" + why + ")"
	}
	return ""
}

// versions names what was under test, the lines that decide whether two reports can be compared.
func versions(a *result.Analysis) string {
	var parts []string
	for _, key := range []struct{ name, says string }{{"kernel", "linux"}, {"proxy", "nginx"}, {"backend", "backend"}} {
		value := a.Environment[key.name]
		if value == "" && key.name == "proxy" { // there may be none
			continue
		}
		value = cmp.Or(value, unknown)
		if !strings.Contains(strings.ToLower(value), key.says) { // else it names itself
			value = key.name + " " + value
		}
		parts = append(parts, value)
	}
	if e := engines(a); e != "" {
		parts = append(parts, e+" engine")
	}
	return strings.Join(parts, " · ")
}

// sentences is the verdict. Of an invalid run every format says so first, so that the sentence that
// says it again is left out.
func sentences(a *result.Analysis) []string {
	return words.List(slices.DeleteFunc(slices.Clone(a.Verdict), func(f result.Finding) bool { return f.Code == "invalid" }))
}

// causes is why requests failed: one sentence for each cause, from the first lane that has it, with the
// names of the others. What differs between them, counts and outcomes, stands in the table.
func causes(a *result.Analysis) []string {
	var list []string
	told := map[result.CauseCode]bool{}
	for i, l := range a.Lanes {
		if l.Cause.Text.Text == "" || told[l.Cause.Code] {
			continue
		}
		told[l.Cause.Code] = true
		alike, others := i == 0, []string(nil) // alike: every lane says it in these words
		for j, other := range a.Lanes {
			alike = alike && other.Cause.Text.Text == l.Cause.Text.Text
			if j > i && other.Cause.Code == l.Cause.Code {
				others = append(others, other.Name)
			}
		}
		switch {
		case alike:
			list = append(list, l.Cause.Text.Text)
		case len(others) > 0:
			list = append(list, fmt.Sprintf("%s: %s Same on %s.", l.Name, l.Cause.Text.Text, strings.Join(others, ", ")))
		default:
			list = append(list, l.Name+": "+l.Cause.Text.Text)
		}
	}
	return list
}

// otherCauses are those of the lane's other classes of failures. The lane's is told of the most frequent one that has it.
func otherCauses(l *result.Lane) (list []string) {
	lanes := slices.IndexFunc(l.Causes, func(c result.ClassCause) bool { return c.Cause.Code == l.Cause.Code })
	for i, c := range l.Causes {
		if i != lanes {
			list = append(list, fmt.Sprintf("beside that %s (%s): %s", plural(c.Requests, "request"), c.Cause.Code, c.Cause.Text.Text))
		}
	}
	return list
}

// warnings are the warnings, with those that say the same of several lanes in one: "direct, proxy: …".
func warnings(a *result.Analysis) []result.Warning {
	var list []result.Warning
	for _, w := range a.Warnings {
		same := slices.IndexFunc(list, func(x result.Warning) bool {
			return w.Lane != "" && x.Lane != "" && x.Code == w.Code && reflect.DeepEqual(x.Args, w.Args)
		})
		if same < 0 {
			list = append(list, w)
			continue
		}
		list[same].Lane += ", " + w.Lane
		list[same].Text = ""
		list[same].Text = words.Of(result.Finding(list[same]))
	}
	return list
}

// when is a run's beginning to the minute, where it is a time.
func when(started string) string {
	t, err := time.Parse(time.RFC3339, started)
	if err != nil {
		return started
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// title is what was run, when, and how.
func title(a *result.Analysis) []string {
	parts := []string{cmp.Or(a.Name, "run")}
	if a.Started != "" {
		parts = append(parts, when(a.Started))
	}
	if a.Mode != "" {
		parts = append(parts, a.Mode+" mode")
	}
	parts = append(parts, fmt.Sprintf("seed %d", a.Seed))
	if how := a.Ended.How; how != "" && how != runfile.Complete { // a warning says why
		parts = append(parts, how)
	}
	return parts
}
