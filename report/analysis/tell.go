package analysis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"weir/loadgen"
	"weir/probe/nginxlog"
)

// atOnce is how short a time is not worth a word as time that was spent: a failure within it was immediate.
const atOnce = 10 * time.Millisecond

// tell says in words what became of a request at NGINX: where its time went, or what failed at once, and in how
// many tries. "This 504 spent 0.9 s in connect to 127.0.0.1:8000, two tries (502, 504)".
func tell(r *nginxlog.Request, outcome loadgen.Outcome) string {
	subject := "this request"
	switch {
	case r.Status == 499:
		subject = fmt.Sprintf("this request, which its client gave up (%s),", strings.ReplaceAll(string(outcome), "_", " "))
	case r.Status != 0:
		subject = fmt.Sprintf("this %d", r.Status)
	}
	asked := slices.DeleteFunc(slices.Clone(r.Tries), func(t nginxlog.Try) bool { return !t.Asked() })
	switch {
	case len(r.Tries) == 0:
		return subject + " asked no upstream server"
	case len(asked) == 0:
		return fmt.Sprintf("%s asked no server of %s: NGINX took all of them for dead", subject, r.Tries[0].Addr)
	case outcome == loadgen.OK && len(asked) > 1:
		return fmt.Sprintf("%s hides a try that %s, %s", subject, failed(asked[0]), triesInWords(asked, r.More))
	}
	return fmt.Sprintf("%s %s, %s", subject, spent(asked), triesInWords(asked, r.More))
}

// spent names the longest stretch of time in any of the tries, or the failure of the last where all were short.
func spent(tries []nginxlog.Try) string {
	var longest time.Duration
	text := ""
	for _, t := range tries {
		connect, header, body := t.Spent()
		for _, part := range []struct {
			d    time.Duration
			what string
		}{{connect, "in connect to "}, {header, "waiting for a response header of "}, {body, "reading the response of "}} {
			if part.d > longest {
				longest, text = part.d, fmt.Sprintf("spent %s %s%s", shortly(part.d), part.what, t.Addr)
			}
		}
	}
	if longest < atOnce {
		return failed(tries[len(tries)-1])
	}
	return text
}

// failed says how far a try came.
func failed(t nginxlog.Try) string {
	connect, header, body := t.Spent()
	first, after := "", " after "+shortly(connect+header+body)
	if connect+header+body < atOnce {
		first, after = "at once ", ""
	}
	switch {
	case t.Connect == nil && t.Header == nil:
		return first + "got no connection to " + t.Addr + after
	case t.Header == nil:
		return first + "lost its connection to " + t.Addr + after + ", before a response header came"
	case t.Status != 0:
		return fmt.Sprintf("was %sanswered %d by %s%s", first, t.Status, t.Addr, after)
	}
	return "was " + first + "answered by " + t.Addr + after
}

func triesInWords(tries []nginxlog.Try, more int) string {
	names := []string{"", "one try", "two tries", "three tries", "four tries"}
	n := len(tries) + more
	text := fmt.Sprintf("%d tries", n)
	if n < len(names) {
		text = names[n]
	}
	if n < 2 || more > 0 {
		return text
	}
	var statuses []string
	for _, t := range tries {
		statuses = append(statuses, statusOr(t.Status))
	}
	return text + " (" + strings.Join(statuses, ", ") + ")"
}

func statusOr(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

// shortly writes a time as NGINX measures it, in milliseconds, with the digits that matter.
func shortly(d time.Duration) string {
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.3g s", d.Seconds())
}
