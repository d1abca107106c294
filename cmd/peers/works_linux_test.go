package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestShown(t *testing.T) {
	if s := spread(decimals(0))([]float64{1, 2, 3}); s != "2 (1–3)" {
		t.Error(s)
	}
	if s := spread(thousands)([]float64{1000, 2000, 4000, 12000}); s != "3,000 (1,000–12,000)" {
		t.Error(s)
	}
	for v, want := range map[float64]string{0: "0", 999: "999", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := thousands(v); got != want {
			t.Errorf("%v: %s", v, got)
		}
	}
}

func runsOf(name string, rates ...float64) series {
	s := series{name: name}
	for _, r := range rates {
		one := sample{tally: tally{ok: 10, rate: r}, cpu: 100 * time.Microsecond, wall: time.Millisecond}
		s.samples = append(s.samples, one)
	}
	return s
}

// Ratios are of the same round, so that a machine that was slow for one of them changes none.
func TestVerdicts(t *testing.T) {
	late := runsOf("k6", 50)
	late.why = "failed: it ended"
	hey := series{name: "hey", why: "not installed: apt-get install hey"}
	all := []series{runsOf("wrk", 100, 10, 200), runsOf("weir", 97, 9, 196), hey, late}
	for _, c := range []struct {
		target
		want string
	}{
		{target{row: "weir", over: "wrk", of: rate, atLeast: 0.95}, "≥ 0.95 0.97 (0.90–0.98) met"},
		{target{row: "weir", over: "wrk", of: rate, atMost: 0.9}, "≤ 0.90 0.97 (0.90–0.98) missed"},
		{target{row: "weir", over: "k6", of: rate, atLeast: 1}, "≥ 1.00 1.94 (1.94–1.94) met"},
		{target{row: "weir", over: "hey", of: rate, atLeast: 1}, "≥ 1.00 – unknown: hey not installed"},
		{target{row: "weir", of: rate, atMost: 4096, unit: "B"}, "≤ 4,096 B 97 (9–196) met"},
	} {
		if got := strings.Join(strings.Fields(c.verdict(all)), " "); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// A table is for a terminal of 100 columns, at the widest numbers.
func TestTablesFit(t *testing.T) {
	late := runsOf("vegeta", 100_000, 200_000, 300_000)
	late.why = "failed: " + strings.Repeat("x", 500)
	var out strings.Builder
	for _, w := range works(options{long: true}) {
		none := series{name: "bare pacer", why: strings.Repeat("y", 500)}
		w.rows = []series{runsOf("weir", 100_000, 200_000, 300_000), late, none}
		for i := range w.rows {
			for j := range w.rows[i].samples {
				w.rows[i].samples[j].Lags = lags{12_345, 123_456, 1_234_567}
			}
		}
		printTable(&out, w)
		for _, target := range w.targets {
			target.of = func(sample) float64 { return 1234.56 }
			target.row, target.over = "weir", ""
			out.WriteString(target.verdict(w.rows) + "\n")
		}
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{
		"200,000 (100,000–300,000)", "10.0 (10.0–10.0)", "≤ 4,096 B", "vegeta      after 3 rounds failed: x",
		"   –\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

// Whatever the load, each generator is given the same connections, and only what it can do.
func TestArguments(t *testing.T) {
	can := map[string]string{ // kept, new, paced
		"wrk": "kn-", "weir": "knp", "quantum": "--p", "h2load": "k--", "ab": "kn-", "hey": "kn-",
		"vegeta": "knp", "k6": "knp",
	}
	for _, p := range peers {
		got := ""
		for i, l := range []load{{Reuse: true}, {}, {Reuse: true, Rate: 10_000}} {
			l.URL, l.Connections, l.Duration, l.Dir = "http://127.0.0.1:1/", 64, 2*time.Second, "/d"
			args := strings.Join(p.args(l), " ")
			if args == "" {
				got += "-"
				continue
			}
			got += "knp"[i : i+1]
			if p.from == "" {
				continue // it gets the load itself
			}
			if !strings.Contains(args, "64") || strings.ContainsAny(args, "$<") {
				t.Errorf("%s does not get the connections, or what there is not: %s", p.name, args)
			}
			if !strings.Contains(args, l.URL) && !strings.Contains(p.stdin, "$url") {
				t.Errorf("%s does not get the address: %s", p.name, args)
			}
		}
		if got != can[p.name] {
			t.Errorf("%s can %s, want %s", p.name, got, can[p.name])
		}
	}
}
