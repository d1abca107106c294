package report

import (
	"fmt"
	"strings"

	"weir/report/result"
)

// whereTime says where the time of the ok requests went, on average, and what explains the slow handshakes.
func whereTime(l *result.Lane) string {
	p := l.Phases
	if p == nil {
		return ""
	}
	all := p.MeanConnect + p.MeanWait + p.MeanRest
	part := func(what string, s float64) string {
		if all <= 0 {
			return what + " " + seconds(s)
		}
		return fmt.Sprintf("%s %s (%.0f %%)", what, seconds(s), 100*s/all)
	}
	text := "of " + seconds(all) + " on average: " + strings.Join([]string{
		part("connecting", p.MeanConnect), part("until the first byte", p.MeanWait), part("the rest of the response", p.MeanRest),
	}, ", ")
	if modes := connectModes(l); modes != "" {
		text += ". " + modes
	}
	return text
}

// connectModes explains the times of connecting by the SYNs that were lost: all handshakes in which none was are as
// fast as the network, and each of the others took what the kernel waits before it sends the SYN again.
func connectModes(l *result.Lane) string {
	p := l.Phases
	if p.Connect.Count == 0 || p.Connect.P50 == nil {
		return ""
	}
	text := "Connecting took " + seconds(*p.Connect.P50) + " at the median"
	if p.Connect.P99 != nil {
		text += ", " + seconds(*p.Connect.P99) + " at the 99th percentile"
	}
	if p.Connect.Max != nil {
		text += ", " + seconds(*p.Connect.Max) + " at most"
	}
	if len(l.LostSYNs) == 0 {
		if l.SYNRetrans == 0 {
			text += "; no connection that came about had lost a SYN"
		}
		return text
	}
	var modes []string
	for _, s := range l.LostSYNs {
		modes = append(modes, fmt.Sprintf("%s that lost %s took %s", count(s.Count), plural(uint64(s.Lost), "SYN"), seconds(s.Connect)))
	}
	return text + ": " + strings.Join(modes, ", ") + " on average"
}
