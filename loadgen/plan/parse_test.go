package plan

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]float64{"50": 50, "50/s": 50, "3000/m": 50, "1.5k/s": 1500,
		"7200/h": 2, "2k": 2000, " 5 ": 5, "0.5": 0.5} {
		if got, err := ParseRate(text); err != nil || got != want {
			t.Errorf("ParseRate(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1", "NaN", "inf", "1e9", "50/d", "50/", "/s", "k", "5 0",
		"50/s/s", "10001k", "1e-400"} {
		got, err := ParseRate(text)
		if err == nil {
			t.Errorf("ParseRate(%q) = %v, want an error", text, got)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("ParseRate(%q): more than one line: %v", text, err)
		}
	}
}

func TestParseRange(t *testing.T) {
	if from, to, err := ParseRange("0.6k..60000/m"); err != nil || from != 600 || to != 1000 {
		t.Errorf("%v..%v, %v", from, to, err)
	}
	for _, text := range []string{"", "5", "5..", "..5", "5..x", "5.. 0", "1..2..3"} {
		if _, _, err := ParseRange(text); err == nil {
			t.Errorf("ParseRange(%q): no error", text)
		}
	}
}

func TestParseStages(t *testing.T) {
	got, err := ParseStages("30s:50, 1m:50..200")
	if err != nil || len(got) != 2 || got[0] != (Stage{50, 50, 30 * time.Second}) ||
		got[1] != (Stage{50, 200, time.Minute}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "30s", "30s:", ":50", "30:50", "0s:50", "-1s:50", "25h:50", "30s:50,",
		"30s:0", "24h:10k,1s:10", "20h:1k,1h:1000k"} {
		if got, err := ParseStages(text); err == nil {
			t.Errorf("ParseStages(%q) = %v, want an error", text, got)
		}
	}
}

func TestParseArrival(t *testing.T) {
	if a, err := ParseArrival("poisson"); a != Poisson || err != nil {
		t.Errorf("%v, %v", a, err)
	}
	if _, err := ParseArrival(""); err == nil {
		t.Error("no error for an empty arrival")
	}
}

// Whatever a parser accepts must be a rate or a plan that the rest may rely on.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"50", "3000/m", "1.5k/s", "5..10", "30s:50,1m:5..200", "1e308k", "0x1p4",
		"\x00", "9999999h:1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sane := func(r float64) bool { return r > 0 && r <= RateLimit && !math.IsNaN(r) }
		if r, err := ParseRate(text); err == nil && !sane(r) {
			t.Errorf("rate %v", r)
		}
		if a, b, err := ParseRange(text); err == nil && (!sane(a) || !sane(b)) {
			t.Errorf("range %v..%v", a, b)
		}
		stages, err := ParseStages(text)
		if err != nil {
			return
		}
		p := Plan{Stages: stages}
		last := time.Duration(-1)
		for i, due := range p.Due() {
			if due < last || due > p.Duration() {
				t.Fatalf("request %d of %v is due at %v after %v", i, p, due, last)
			}
			if last = due; i > 1000 {
				break
			}
		}
	})
}
