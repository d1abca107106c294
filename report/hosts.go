package report

import (
	"cmp"
	"fmt"
	"strings"

	"weir/report/result"
	"weir/report/words"
)

// hostHead and hostRows are the table of the probed hosts: who dropped what, and what connections held of their ports.
func hostHead() []string {
	return []string{"host", "overflows", "own drops", "max SYN queue", "max SYN_SENT", "max TIME_WAIT", "max local ports", "beside that"}
}

func hostRows(a *result.Analysis) [][]string {
	number := func(n *uint64) string {
		if n == nil {
			return "–"
		}
		return count(*n)
	}
	var rows [][]string
	for _, h := range a.Hosts {
		ports := number(h.PortsUsed)
		if h.PortsUsed != nil && h.PortsRange != nil {
			ports += " of " + count(*h.PortsRange)
		}
		rows = append(rows, []string{
			h.Name, number(h.Overflows), number(h.OwnDrops), number(h.SYNQueue), number(h.SYNSent), number(h.TimeWait), ports, cmp.Or(beside(h), "–"),
		})
	}
	return rows
}

// beside is what has no column: it is rare.
func beside(h result.Host) string {
	var parts []string
	if h.OthersAtLeast != nil && *h.OthersAtLeast > 0 {
		parts = append(parts, fmt.Sprintf("%s of the overflows at least were other listeners'", count(*h.OthersAtLeast)))
	}
	if h.Waiting != nil {
		parts = append(parts, fmt.Sprintf("Recv-Q at most %s, of a limit that is not known", count(*h.Waiting)))
	}
	for _, o := range h.Others {
		parts = append(parts, fmt.Sprintf("%s, not watched, dropped at least %s", o.Addr, count(o.Drops)))
	}
	for _, r := range h.Restarts {
		parts = append(parts, fmt.Sprintf("%s opened anew %s", r.Addr, plural(uint64(r.Times), "time")))
	}
	for _, c := range h.SysctlChanges {
		parts = append(parts, fmt.Sprintf("%s %s → %s", c.Name, cmp.Or(c.Before, "absent"), cmp.Or(c.After, "absent")))
	}
	if h.Clock != nil {
		parts = append(parts, "its clock: "+words.Of(h.Clock.Text))
	}
	return strings.Join(parts, "; ")
}
