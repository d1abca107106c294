package self

import (
	"testing"
	"time"
)

func TestStolen(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"cpu  399197 71695 343229 1625190 6292 0 88402 82031 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n": 82031 * 10 * time.Millisecond,
		"cpu  1 2 3 4 5 6 7 0 0 0\n":                    0,
		"cpu  1 2 3 4 5 6 7\n":                          -1, // before Linux 2.6.11
		"cpu  1 2 3 4 5 6 7 -8 0 0\n":                   -1,
		"cpu  1 2 3 4 5 6 7 99999999999999999999 0 0\n": -1,
		"intr 1 2 3 4 5 6 7 8 9\n":                      -1,
		"":                                              -1,
	} {
		switch got := parseStolen([]byte(text)); {
		case got == nil && want >= 0, got != nil && *got != want:
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if u := Measure()(); readStolen() != nil && (u.Stolen == nil || *u.Stolen < 0) {
		t.Errorf("stolen %v", u.Stolen)
	}
}
