package main

import (
	"fmt"
	"io"
	"strings"
)

// target is what weir is to reach.
type target struct {
	text   string
	want   float64
	atMost bool   // else at least
	unit   string // "", "ms", "B"
	got    float64
	why    string // it is not known
	doubt  string // it is known, but
}

func (t target) met() bool { return t.got >= t.want && !t.atMost || t.got <= t.want && t.atMost }

func (t target) verdict() string {
	switch {
	case t.why != "":
		return "unknown: " + t.why
	case t.met():
		return strings.TrimSpace("met " + t.doubt)
	}
	return strings.TrimSpace("missed " + t.doubt)
}

func printTargets(w io.Writer, all []target) {
	fmt.Fprintf(w, "\n%-43s %-16s %7s\n", "targets: medians, and ratios of medians", "wanted", "is")
	for _, t := range all {
		side := "at least"
		if t.atMost {
			side = "at most"
		}
		got := decimals(2)(t.got)
		if t.unit == "B" {
			got = thousands(t.got)
		}
		if t.why != "" {
			got = "–"
		}
		wanted := strings.TrimSpace(fmt.Sprintf("%s %s %s", side, strings.TrimSuffix(thousandsOr(t.want), ".00"), t.unit))
		fmt.Fprintf(w, "%-43s %-16s %7s  %s\n", t.text, wanted, got, t.verdict())
	}
}

func thousandsOr(v float64) string {
	if v >= 1000 {
		return thousands(v)
	}
	return decimals(2)(v)
}

// ratio is a target of weir's median over a peer's.
func ratio(text string, want float64, atMost bool, all []series, peer string, figure func(sample) float64) target {
	return ratioOf("weir", text, want, atMost, all, peer, figure)
}

func ratioOf(us, text string, want float64, atMost bool, all []series, peer string, figure func(sample) float64) target {
	t := target{text: text, want: want, atMost: atMost}
	var ours, theirs series
	for _, s := range all {
		switch s.name {
		case us:
			ours = s
		case peer:
			theirs = s
		}
	}
	for _, s := range []series{theirs, ours} {
		if len(s.samples) == 0 {
			t.why, _, _ = strings.Cut(s.name+" "+s.why, ":")
			return t
		}
	}
	t.got = ours.of(figure).median / theirs.of(figure).median
	return t
}
