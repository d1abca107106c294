package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestSpread(t *testing.T) {
	if s := spreadOf([]float64{3, 1, 2}).show(decimals(0)); s != "2 (1–3)" {
		t.Error(s)
	}
	if s := spreadOf([]float64{4000, 1000, 2000, 12000}); s.median != 3000 || s.show(thousands) != "3,000 (1,000–12,000)" {
		t.Error(s)
	}
	for v, want := range map[float64]string{0: "0", 999: "999", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if got := thousands(v); got != want {
			t.Errorf("%v: %s", v, got)
		}
	}
}

func runsOf(name string, rates ...float64) series {
	s := series{name: name}
	for _, r := range rates {
		s.samples = append(s.samples, sample{tally: tally{ok: 10, rate: r}, cpu: 100 * time.Microsecond, wall: time.Millisecond})
	}
	return s
}

func TestRatio(t *testing.T) {
	all := []series{runsOf("wrk", 1, 100, 200), runsOf("weir", 96, 97, 98), {name: "wrk2", why: "not installed: build it"}}
	if r := ratio("", 0.95, false, all, "wrk", rate); r.got != 0.97 || r.verdict() != "met" {
		t.Errorf("%+v: %s", r, r.verdict())
	}
	if r := ratio("", 0.9, true, all, "wrk", rate); r.verdict() != "missed" {
		t.Errorf("%+v: %s", r, r.verdict())
	}
	if r := ratio("", 1, false, all, "wrk2", rate); r.verdict() != "unknown: wrk2 not installed" {
		t.Errorf("%+v: %s", r, r.verdict())
	}
}

// A table is for a terminal of 100 columns, at the widest numbers.
func TestTablesFit(t *testing.T) {
	var b strings.Builder
	late := runsOf("vegeta", 100_000, 200_000, 300_000)
	late.why = "failed: " + strings.Repeat("x", 500)
	printSeries(&b, "peak", []series{runsOf("weir", 100_000, 200_000, 300_000), late, {name: "k6", why: strings.Repeat("y", 500)}})
	printTargets(&b, []target{
		{text: "CPU per request at 10,000/s: weir ÷ vegeta", want: 0.25, atMost: true, got: 12.34, doubt: "(behind: weir, vegeta)"},
		{text: "p99 lag, stalled, 15,000 in flight", want: 0.5, atMost: true, unit: "ms", got: 1234.5, doubt: "(bare pacer: 12.85 ms)"},
		{text: "memory a request in flight", want: 4096, atMost: true, unit: "B", got: 123456},
		{text: "peak req/s, new connections: weir ÷ vegeta", want: 1.8, why: "vegeta not installed"},
	})
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"200,000 (100,000–300,000)", "10.0 (10.0–10.0)", "10 %", "at most 4,096 B", "missed (behind: weir, vegeta)", "stopped after 3 rounds"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
}

// Whatever the load, each generator is told the same connections, and only what it can do.
func TestArguments(t *testing.T) {
	can := map[string]string{ // peak, new, paced
		"wrk": "pn-", "weir": "pnc", "quantum": "--c", "wrk2": "pnc", "h2load": "p--", "ab": "pn-", "hey": "pn-", "vegeta": "pnc", "k6": "pnc",
	}
	for _, p := range peers() {
		got := ""
		for i, l := range []load{{reuse: true}, {}, {reuse: true, rate: 10_000}} {
			l.url, l.connections, l.seconds, l.offer, l.dir = "http://127.0.0.1:1/", 64, 2, 90_000, t.TempDir()
			args := strings.Join(p.args(l), " ")
			if args == "" {
				got += "-"
				continue
			}
			got += "pnc"[i : i+1]
			if p.env != nil {
				args += strings.Join(p.env(l), " ")
			}
			if !strings.Contains(args, "64") {
				t.Errorf("%s is not told the connections: %s", p.name, args)
			}
		}
		if got != can[p.name] {
			t.Errorf("%s can %s, want %s", p.name, got, can[p.name])
		}
	}
}
