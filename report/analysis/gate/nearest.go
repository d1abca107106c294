package gate

import (
	"maps"
	"slices"
	"strings"

	"weir/loadgen/spelling"
)

// suggest is what somebody meant who wrote a name that is none, with or without a lane before it.
func suggest(name string) string {
	all := slices.Concat(slices.Sorted(maps.Keys(vocabulary())), slices.Sorted(maps.Keys(aliases)))
	whole, far := nearest(name, all)
	lane, rest, found := strings.Cut(name, ".")
	if near, d := nearest(rest, all); found && d < far && lookup(near).ofLane {
		return lane + "." + near
	}
	return whole
}

// nearest is the name with the fewest letters to change, the shortest of those; all must not be empty. A part that
// was left off counts as one letter: latency is near to latency.p99, and so is p99.
func nearest(name string, all []string) (near string, far int) {
	for i, s := range all {
		d := spelling.Distance(name, s)
		if strings.HasPrefix(s, name+".") || strings.HasSuffix(s, "."+name) {
			d = 1
		}
		if i == 0 || d < far || d == far && len(s) < len(near) {
			near, far = s, d
		}
	}
	return near, far
}

// windowed names the metrics that go with "over", all outcomes as one.
func windowed() []string {
	var list []string
	for name, m := range vocabulary() {
		if m.window != nil && !strings.HasPrefix(name, "outcome.") {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return append(list, "outcome.NAME.rate and .count")
}
