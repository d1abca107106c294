package report

import (
	"strings"
	"testing"

	"weir/loadgen"
	"weir/report/result"
)

// TestOtherCauses: each class of failures is told once, also where the most frequent one is not the lane's.
func TestOtherCauses(t *testing.T) {
	class := func(name loadgen.Class, n uint64, code result.CauseCode) result.ClassCause {
		return result.ClassCause{Class: name, Requests: n,
			Cause: result.Cause{Code: code, Text: result.Finding{Text: "It is " + string(code) + "."}}}
	}
	each := []result.ClassCause{class("proxy", 60, "not_listening"),
		class("queue", 30, "worker_bound_overflow"), class("late", 10, "worker_bound_overflow")}
	got := otherCauses(&result.Lane{Cause: each[1].Cause, Causes: each})
	want := "Beside that 60 requests (not_listening): It is not_listening.\nBeside that 10 requests (worker_bound_overflow): It is worker_bound_overflow."
	if strings.Join(got, "\n") != want {
		t.Errorf("%q", got)
	}
}
