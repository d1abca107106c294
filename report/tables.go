package report

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"weir/loadgen"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/words"
)

// trialHead and trialRows are the table of a lane's trials, one line each. Trials are counted from 1 for readers, as the
// progress of the run counted them; the record and the exports have their index, from 0.
func trialHead() []string {
	return []string{"trial", "offered, req/s", "length", "due", "sent", "bad", "bad by the fit", "goodput, req/s", "95 %", "overflows", "max Recv-Q", "outcomes"}
}

func trialRows(l *result.Lane) [][]string {
	rows := make([][]string, 0, len(l.Trials))
	for _, t := range l.Trials {
		offered := digits(t.Rate, 4)
		if t.Rate == 0 {
			offered = strings.TrimSuffix(offeredRate(&t), " req/s")
		}
		row := []string{
			fmt.Sprint(t.Index + 1), offered, seconds(t.Duration), count(t.Due), count(t.Sent), count(t.Bad), "–",
			digits(t.Goodput, 4), interval4(t.GoodLow, t.GoodHigh), "–", "–", trialOutcomes(t),
		}
		if t.Expected != nil {
			row[6] = digits(*t.Expected, 3)
		}
		if t.Overflows != nil {
			row[9] = count(*t.Overflows)
		}
		if t.MaxRecvQ != nil {
			row[10] = count(uint64(*t.MaxRecvQ))
		}
		rows = append(rows, row)
	}
	return rows
}

func interval4(low, high float64) string {
	return "[" + digits(low, 4) + ", " + digits(high, 4) + "]"
}

// lateIn is how many ok answers of a trial came too late: Bad counts them, Outcomes does not name them.
func lateIn(t result.Trial) uint64 {
	var failed uint64
	for name, n := range t.Outcomes {
		if name != string(loadgen.OK) {
			failed += n
		}
	}
	if t.Bad <= failed {
		return 0
	}
	return t.Bad - failed
}

// trialOutcomes names what failed in a trial and every doubt about it.
func trialOutcomes(t result.Trial) string {
	var parts []string
	for _, f := range failures(t.Outcomes, lateIn(t)) {
		parts = append(parts, count(f.N)+" "+f.Name)
	}
	if t.Spoiled.Code != "" {
		parts = append(parts, "does not count: "+words.Of(t.Spoiled))
	}
	if !t.Complete {
		parts = append(parts, "cut short")
	}
	if !t.Drained {
		parts = append(parts, "not drained")
	}
	if len(parts) == 0 {
		return "all ok"
	}
	return strings.Join(parts, ", ")
}

// fact is a name with a value in words.
type fact struct{ Name, Value string }

// environment lists where the run took place: what decides comparability first, the rest by name.
func environment(a *result.Analysis) []fact {
	first := []string{"kernel", "proxy", "backend", "cpus"}
	list := []fact{{"weir", cmp.Or(a.Version, unknown)}, {"engine", cmp.Or(engines(a), unknown)}}
	for _, k := range first {
		list = append(list, fact{k, cmp.Or(a.Environment[k], unknown)})
	}
	if w := a.Capacity.WorkersSource; w != "" && w != runfile.Stated {
		list = append(list, fact{"workers", workersText(a.Capacity)})
	}
	for _, k := range slices.Sorted(maps.Keys(a.Environment)) {
		if !slices.Contains(first, k) {
			list = append(list, fact{k, a.Environment[k]})
		}
	}
	return list
}

// workersText is how many workers there are and how that is known.
func workersText(c result.Capacity) string {
	return words.Of(result.Finding{Code: result.Code("workers_" + c.WorkersSource), Args: result.Args{"workers": c.Workers, "evidence": c.WorkersEvidence}})
}

// commandLine is the run's command with its arguments quoted for a POSIX shell, so that the line can be
// pasted: hostile or not, an argument stays one argument.
func commandLine(args []string) string {
	if len(args) > 0 && filepath.Base(args[0]) != "weir" {
		args = append([]string{"weir"}, args...)
	}
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = arg
		if arg == "" || strings.ContainsFunc(arg, needsQuote) {
			quoted[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

func needsQuote(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%", r)
}
