package analysis

import (
	"slices"
	"strings"
	"time"

	"weir/loadgen"
	"weir/probe/nginxlog"
	"weir/report/result"
)

// atOnce is how short a time is not worth a word as time that was spent: a failure within it was immediate.
const atOnce = 10 * time.Millisecond

// fate is what became of a request at NGINX: where its time went, or what failed at once, and in how many
// tries.
func fate(r *nginxlog.Request, outcome loadgen.Outcome) result.Finding {
	request := result.Found("request_with_status", result.Args{"status": r.Status})
	switch r.Status {
	case 499:
		how := strings.ReplaceAll(string(outcome), "_", " ")
		request = result.Found("request_given_up", result.Args{"outcome": how})
	case 0:
		request = result.Finding{Code: "request_without_status"}
	}
	asked := slices.DeleteFunc(slices.Clone(r.Tries), func(t nginxlog.Try) bool { return !t.Asked() })
	switch {
	case len(r.Tries) == 0:
		return result.Found("fate_unasked", result.Args{"request": request})
	case len(asked) == 0:
		return result.Found("fate_all_set_aside", result.Args{"request": request, "addr": r.Tries[0].Addr})
	case outcome == loadgen.OK && len(asked) > 1:
		args := result.Args{"request": request, "try": failed(asked[0]), "tries": tries(asked, r.More)}
		return result.Found("fate_hidden_try", args)
	}
	args := result.Args{"request": request, "try": spent(asked), "tries": tries(asked, r.More)}
	return result.Found("fate", args)
}

// spent is the longest stretch of time in any of the tries, or the failure of the last where all were short.
func spent(tries []nginxlog.Try) (longest result.Finding) {
	var most time.Duration
	for _, t := range tries {
		connect, header, body := t.Spent()
		for _, part := range []struct {
			took time.Duration
			code result.Code
		}{{connect, "try_connecting"}, {header, "try_waiting"}, {body, "try_reading"}} {
			if part.took > most {
				most = part.took
				longest = result.Found(part.code, result.Args{"took": part.took, "addr": t.Addr})
			}
		}
	}
	if most < atOnce {
		return failed(tries[len(tries)-1])
	}
	return longest
}

// failed is how far a try came.
func failed(t nginxlog.Try) result.Finding {
	args := result.Args{"addr": t.Addr}
	connect, header, body := t.Spent()
	if took := connect + header + body; took < atOnce {
		args["at_once"] = true
	} else {
		args["took"] = took
	}
	switch {
	case t.Connect == nil && t.Header == nil:
		return result.Found("try_unconnected", args)
	case t.Header == nil:
		return result.Found("try_lost", args)
	}
	if t.Status != 0 {
		args["status"] = t.Status
	}
	return result.Found("try_answered", args)
}

// tries are how many there were, with their statuses where there was more than one and all are known.
func tries(list []nginxlog.Try, more int) result.Finding {
	args := result.Args{"n": len(list) + more}
	if len(list) > 1 && more == 0 {
		var statuses []result.Finding
		for _, t := range list {
			f := result.Finding{Code: "no_status"}
			if t.Status != 0 {
				f = result.Found("status", result.Args{"status": t.Status})
			}
			statuses = append(statuses, f)
		}
		args["statuses"] = statuses
	}
	return result.Found("tries", args)
}
