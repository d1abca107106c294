package main

import (
	"fmt"
	"strings"

	"weir/loadgen/belief"
	"weir/report/result"
	"weir/report/words"
)

// rulesMark stands in the topic invalid for the table of the rules.
const rulesMark = "{rules}\n"

// invalidRules is a line for each rule by which a run is judged, with what to change.
func invalidRules() string {
	var b strings.Builder
	for _, r := range belief.Rules() {
		args := result.Args{"limit": r.Limit(), "burst": belief.MaxBurst}
		reason := words.Of(result.Finding{Code: result.Code(r.Code) + "_rule", Args: args})
		fmt.Fprintf(&b, "%-43s%s\n", reason, words.Of(result.Finding{Code: result.Code(r.Advice)}))
	}
	return b.String()
}
