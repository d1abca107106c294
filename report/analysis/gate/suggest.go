package gate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"weir/loadgen/spelling"
)

// synonyms are what other load testers and their users call a metric (k6, wrk, vegeta, hey), with or without
// .rate or .count behind it. More than one name: the word may mean each.
var synonyms = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	for _, s := range []struct {
		words string
		names []string
	}{
		{"rps qps throughput reqs http_reqs requests_per_second req_rate iterations",
			[]string{"goodput.rate"}},
		{"error errors error_rate err failure failures fail fails http_req_failed checks loss",
			[]string{"failed.rate"}},
		{"success successes success_rate ok", []string{"outcome.ok.rate"}},
		{"4xx", []string{"outcome.http_4xx.rate"}},
		{"5xx", []string{"outcome.http_5xx.rate"}},
		{"timeout timeouts", []string{"outcome.connect_timeout.rate", "outcome.response_timeout.rate"}},
		{"slow", []string{"late.rate"}},
		{"latency latencies duration response_time http_req_duration http_req_waiting iteration_duration " +
			"rt mean avg", []string{"latency.p50", "latency.p95", "latency.p99"}},
		{"median", []string{"latency.p50"}},
		{"max", []string{"latency.max"}},
		{"limit knee", []string{"onset.rate"}},
		{"capacity", []string{"capacity.computed"}},
		{"cpu", []string{"backend.cpu_per_request"}},
		{"queue recv_q", []string{"max_recv_q"}},
		{"backlog", []string{"max_recv_q", "backlog_limit"}},
		{"drops", []string{"listener_drops", "listen_drops"}},
		{"dropped", []string{"listener_drops", "shed"}},
		{"dropped_iterations", []string{"shed"}},
		{"retries", []string{"log.retried.count"}},
		{"retransmits", []string{"synretrans"}},
		{"vus concurrency in_flight", []string{"in_flight.max"}},
		{"requests", []string{"offered", "sent"}},
	} {
		for word := range strings.FieldsSeq(s.words) {
			all[word] = s.names
		}
	}
	return all
})

// mostSuggested bounds how many names an answer has: more are no help.
const mostSuggested = 5

// unknown says that a name is none, and what was meant.
func unknown(name string) string {
	text := fmt.Sprintf("unknown metric %q", name)
	prefix, rest := "", name
	if after, found := strings.CutPrefix(name, baselinePrefix); found {
		prefix, rest = baselinePrefix, after
	}
	list := suggest(rest)
	if len(list) == 0 {
		return text + "; `weir help metrics` lists them all"
	}
	for i := range list {
		list[i] = prefix + list[i]
	}
	return text + "; did you mean " + strings.Join(list, " or ") + "?"
}

// suggest is what somebody may have meant who wrote a name that is none, with or without a lane before it:
// complete names that exist, none rather than one that is far off.
func suggest(name string) []string {
	if list := meanings(name); len(list) > 0 {
		return list
	}
	lane, rest, found := strings.Cut(name, ".")
	if !found {
		return nil
	}
	list := meanings(rest)
	list = slices.DeleteFunc(slices.Clone(list), func(name string) bool { return lookup(name).ofRun })
	for i := range list {
		list[i] = lane + "." + list[i]
	}
	return list
}

// percentileIn finds p95, p(95) and p99.9 in a word.
var percentileIn = regexp.MustCompile(`(?:^|[._])p\(?([0-9.]+)\)?$`)

func meanings(word string) []string {
	word = strings.ToLower(word)
	if m := percentileIn.FindStringSubmatch(word); m != nil && lookup("latency.p"+m[1]) != nil {
		base := strings.TrimSuffix(word[:len(word)-len(m[0])], "_")
		if _, known := synonyms()[base]; known || base == "" {
			return []string{lookup("latency.p" + m[1]).name}
		}
	}
	base, stat := word, ""
	if i := strings.LastIndex(word, "."); i >= 0 && slices.Contains(stats, word[i:]) {
		base, stat = word[:i], word[i:]
	}
	if list := synonyms()[base]; list != nil {
		return inStat(list, stat)
	}
	if list := containing(word); len(list) > 0 {
		return list
	}
	return nearest(word, names())
}

// stats are what k6 and others put behind a metric's name.
var stats = []string{".rate", ".count", ".max", ".min", ".avg", ".mean", ".value"}

// inStat are the names of shares as counts, where a count was asked for.
func inStat(list []string, stat string) []string {
	list = slices.Clone(list)
	for i, name := range list {
		share, found := strings.CutSuffix(name, ".rate")
		if found && stat == ".count" && lookup(share+stat) != nil {
			list[i] = share + stat
		}
	}
	return list
}

// containing are the names of which the word has the parts, each at least as a beginning or an end: bad for
// bad.rate, outcome.timeout.rate for both outcomes that are one, log.http_504.count for the outcome.
func containing(word string) (list []string) {
	parts := strings.Split(word, ".")
	if slices.Contains(stats, "."+parts[0]) {
		return nil
	}
	for _, name := range names() {
		if of := strings.Split(name, "."); partsOf(parts, of) {
			list = append(list, name)
		}
	}
	if len(list) == 0 && len(parts) > 2 {
		return containing(strings.Join(parts[1:], "."))
	}
	slices.SortStableFunc(list, func(a, b string) int { return len(a) - len(b) })
	return list[:min(len(list), mostSuggested)]
}

func partsOf(parts, of []string) bool {
	if len(parts) > len(of) || len(parts[0]) < 3 {
		return false
	}
	at := 0
	for _, p := range parts {
		for at < len(of) && !(of[at] == p || len(p) > 3 &&
			(strings.HasPrefix(of[at], p) || strings.HasSuffix(of[at], p))) {
			at++
		}
		if at++; at > len(of) {
			return false
		}
	}
	return true
}

// nearest is the name with the fewest letters to change, and none where these are over a third of the word,
// or of a part of it.
func nearest(word string, all []string) []string {
	near, far := "", len(word)/3+1
	for _, s := range all {
		d := distance(word, s)
		if d < far || d == far && near != "" && len(s) < len(near) {
			near, far = s, d
		}
	}
	if near == "" {
		return nil
	}
	return []string{near}
}

func distance(a, b string) (sum int) {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	if len(x) != len(y) {
		return spelling.Distance(a, b)
	}
	for i := range x {
		d := spelling.Distance(x[i], y[i])
		if d > len(x[i])/3 {
			return len(a)
		}
		sum += d
	}
	return sum
}

// windowed names the metrics that go with over, all outcomes as one.
func windowed() (list []string) {
	for _, name := range names() {
		if m := lookup(name); m.in != nil && !strings.HasPrefix(name, "outcome.") {
			list = append(list, name)
		}
	}
	return append(list, "outcome.NAME.rate and .count")
}

// old answers the words that --abort-if once had: failures, failures.OUTCOME and latency.
func old(expr string) string {
	word := asWord.FindString(expr)
	name := map[string]string{"failures": "failed.rate", "latency": "latency.p99"}[word]
	if outcome, found := strings.CutPrefix(word, "failures."); found {
		if name = "outcome." + outcome + ".rate"; lookup(name) == nil {
			return unknown(name)
		}
	}
	if name == "" {
		return ""
	}
	return fmt.Sprintf("write '%s %s'", name, strings.TrimSpace(strings.TrimPrefix(expr, word)))
}
