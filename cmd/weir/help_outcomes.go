package main

import (
	"fmt"
	"strings"

	"weir/loadgen"
)

// outcomePhases are the phases of the table of outcomes, in the order in which the topic shows them.
var outcomePhases = []struct {
	phase loadgen.Phase
	about string
}{
	{loadgen.Answered, "A whole answer came"},
	{loadgen.Connecting, "No connection was made"},
	{loadgen.Sending, "The request was not sent whole"},
	{loadgen.Waiting, "The first byte of the answer did not come"},
	{loadgen.Receiving, "The answer did not come whole"},
	{loadgen.NotSent, "weir did not send the request, or gave it up"},
}

// outcomesTopic is `weir help outcomes`: the table of package loadgen.
func outcomesTopic() string {
	var b strings.Builder
	b.WriteString(`# weir help outcomes: the results of a request, by name

Each request ends in exactly one outcome.
`)
	for _, p := range outcomePhases {
		fmt.Fprintf(&b, "\n%s:\n", p.about)
		for _, k := range loadgen.Kinds() {
			if k.Phase == p.phase {
				nameLines(&b, 24, string(k.Outcome), k.About)
			}
		}
	}
	b.WriteString(`
In an assertion http_4xx and http_5xx are whole classes: http_5xx holds 500,
502, 503, 504 and the others.

failed  any outcome but ok
late    ok, but after the deadline
bad     failed or late
`)
	return b.String()
}
