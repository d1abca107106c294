package report

import (
	"fmt"
	"slices"
	"strings"

	"weir/report/result"
)

// anyTraced reports whether eBPF watched a queue.
func anyTraced(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Hosts, func(h result.Host) bool { return h.Traced != nil })
}

// acceptWait is how long connections stood in the queue of a lane's listener, over the whole run.
func acceptWait(a *result.Analysis, l *result.Lane) cell {
	for _, h := range a.Hosts {
		if h.Name == l.ListenerHost && h.Traced != nil && h.Traced.Wait != nil {
			w := h.Traced.Wait
			return cell{Main: fmt.Sprintf("p50 ≤ %s, p99 ≤ %s", seconds(w.P50), seconds(w.P99)), Interval: "(eBPF, all lanes)"}
		}
	}
	return cell{Main: "not traced", Tone: muted}
}

// tracedHead and tracedRows are the table of what eBPF saw.
func tracedHead() []string {
	return []string{"host", "accepted", "not timed", "wait, mean", "by Recv-Q", "p50 ≤", "p90 ≤", "p99 ≤", "max ≤", "RSTs sent", "RSTs received"}
}

func tracedRows(a *result.Analysis) (rows [][]string) {
	for _, h := range a.Hosts {
		t := h.Traced
		if t == nil {
			continue
		}
		line := []string{h.Name, count(t.Accepts), count(t.Unaccounted)}
		if w := t.Wait; w != nil {
			line = append(line, seconds(w.Mean), secondsOr(t.ByRecvQ), seconds(w.P50), seconds(w.P90), seconds(w.P99), seconds(w.Max))
		} else {
			line = append(line, "–", "–", "–", "–", "–", "–")
		}
		rows = append(rows, append(line, sentRSTs(t.SentRST), count(t.ReceivedRST)))
	}
	return rows
}

// partyWords say for whom an RST was sent.
var partyWords = map[string]string{
	"listener": "refusing a handshake", "connection": "of a connection", "no_socket": "nobody there",
}

func sentRSTs(all []result.SentRST) string {
	var parts []string
	for _, r := range all {
		text := count(r.Count) + " " + partyWords[r.For]
		if r.Reason != "" {
			text += " (" + r.Reason + ")"
		}
		parts = append(parts, text)
	}
	if parts == nil {
		return "0"
	}
	return strings.Join(parts, "; ")
}
