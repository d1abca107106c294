package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"weir/report/analysis/estimate"
)

// Answers beside those of an assertion.
const (
	pass         = "pass"
	fail         = "fail"
	inconclusive = "inconclusive"
	invalid      = "invalid"
)

// tally counts the answers to decisions of one kind.
type tally struct {
	answers map[string]int
	took    []time.Duration
}

func (t *tally) add(answer string, took time.Duration) {
	if t.answers == nil {
		t.answers = map[string]int{}
	}
	t.answers[answer]++
	t.took = append(t.took, took)
}

func (t *tally) n() (n int) {
	for _, k := range t.answers {
		n += k
	}
	return n
}

// undecided are those that say neither.
func (t *tally) undecided() int { return t.answers[inconclusive] + t.answers[invalid] }

// share is k of all with its 95 % interval by Wilson.
func (t *tally) share(k int) string {
	low, high := estimate.Wilson(uint64(k), uint64(t.n()))
	return fmt.Sprintf("%d of %d (%.0f %% [%.1f, %.1f])", k, t.n(), 100*float64(k)/float64(t.n()), 100*low,
		100*high)
}

// What the gate has to keep to.
const (
	mostUndecided = .10
	leastFound    = .95
	longest       = 3 * time.Minute
)

// conclude prints what was counted, and says what was missed.
func conclude(out io.Writer, same, lost *tally) error {
	fmt.Fprintf(out, "\nthe same server twice\n  failed         %s, wanted none\n  inconclusive   %s, of them %d invalid; wanted at most 10 %%\n  passed         %s\n",
		same.share(same.answers[fail]), same.share(same.undecided()), same.answers[invalid],
		same.share(same.answers[pass]))
	fmt.Fprintf(out, "a worker lost\n  failed         %s, wanted at least 95 %%\n  inconclusive   %s, of them %d invalid\n  passed         %s\n",
		lost.share(lost.answers[fail]), lost.share(lost.undecided()), lost.answers[invalid],
		lost.share(lost.answers[pass]))
	if took := slices.Concat(same.took, lost.took); len(took) > 0 {
		slices.Sort(took)
		fmt.Fprintf(out, "a decision took  %.1f s at the median, %.1f s at most; wanted under 180 s\n",
			took[len(took)/2].Seconds(), took[len(took)-1].Seconds())
	}
	var missed []string
	for what, kept := range map[string]bool{
		"a server failed against itself":                same.answers[fail] == 0,
		"too many of the same server were inconclusive": float64(same.undecided()) <= mostUndecided*float64(same.n()),
		"a lost worker was missed too often":            float64(lost.answers[fail]) >= leastFound*float64(lost.n()),
		"a decision took too long": !slices.ContainsFunc(slices.Concat(same.took,
			lost.took), func(d time.Duration) bool { return d > longest }),
	} {
		if !kept {
			missed = append(missed, what)
		}
	}
	if len(missed) > 0 {
		slices.Sort(missed)
		return fmt.Errorf("the gate does not keep what it promises here: %s", strings.Join(missed, "; "))
	}
	return nil
}
