package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func weirCapacity(t *testing.T, flags string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if err := run(context.Background(), append([]string{"capacity"}, strings.Fields(flags)...), nil, &out,
		&errs); err != nil {
		t.Fatalf("weir capacity %s: %v", flags, err)
	}
	return out.String()
}

// lookUp finds "rate.loss_mmck" in JSON.
func lookUp(t *testing.T, text, path string) float64 {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	for key := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			i, _ := strconv.Atoi(key)
			value = v[i]
		}
	}
	x, ok := value.(float64)
	if !ok {
		t.Fatalf("%s is %v in %s", path, value, text)
	}
	return x
}

// Numbers of the article, of FACTS and of ANALYSIS, as the command gives them. tol is relative.
func TestCapacityGoldens(t *testing.T) {
	for _, g := range []struct {
		flags, path string
		want, tol   float64
	}{
		{"--workers 8 --duration 200ms", "capacity_rps", 40, 1e-12},
		{"--workers 8 --duration 3s", "capacity_rps", 8. / 3, 1e-12},
		{"--workers 8 --worker-connections 1000 --service-time 3s", "capacity_rps", 8000. / 3, 1e-12},
		{"--workers 8 --duration 200ms --rate 200", "rate.utilisation", 5, 1e-12},
		{"--workers 8 --duration 200ms --rate 12000/m", "rate.loss_constant", .8, 1e-12},

		{"--workers 4 --duration 50ms --backlog 16 --rate 88", "rate.first_overflow_idle_s", 2.148, 3e-4},
		{"--workers 4 --duration 50ms --backlog 16 --rate 100", "rate.first_overflow_idle_s", .870, 1e-9},
		{"--workers 4 --duration 50ms --backlog 16 --rate 100", "rate.first_overflow_busy_s", .850, 1e-9},
		{"--workers 4 --duration 50ms --backlog 64 --rate 120", "rate.first_overflow_idle_s", 1.642, 3e-4},
		{"--workers 8 --duration 200ms --backlog 128 --rate 50", "rate.first_overflow_idle_s", 12.98, 1e-9},
		{"--workers 4 --duration 1s --backlog 16 --rate 40", "rate.first_overflow_idle_s", .525, 1e-9},
		{"--workers 4 --duration 50ms --backlog 16", "longest_wait_s", 17. / 80, 1e-9},
		{"--workers 4 --duration 50ms --backlog 16", "trials.2.duration_s", 4.25, 1e-9},

		{"--workers 1 --duration 50ms --backlog 10 --rate 18", "rate.loss_mmck", 3.787e-2, 3e-4},
		{"--workers 1 --duration 50ms --backlog 10 --rate 18", "rate.loss_mdck", 1.046e-2, 3e-3},
		{"--workers 4 --duration 50ms --backlog 16 --rate 72", "rate.loss_mmck", 1.490e-2, 3e-4},
		{"--workers 4 --duration 50ms --backlog 16 --rate 72 --service-cv 0", "rate.loss_poisson", 2.52e-3,
			3e-3},
		{"--workers 4 --duration 50ms --backlog 16 --rate 76 --service-cv 0", "rate.loss_poisson", 9.59e-3,
			3e-3},
		{"--workers 4 --duration 50ms --backlog 16 --rate 79.2", "rate.loss_poisson", 4.482e-2, 3e-4},
		{"--workers 4 --duration 50ms --backlog 16 --rate 72 --service-cv .5", "rate.loss_poisson",
			.25*1.490e-2 + .75*2.52e-3, 3e-3},

		{"--workers 8 --duration 200ms --target-rate 200 --arrival constant --max-loss 0%", "target.workers",
			40, 0},
		{"--workers 8 --duration 200ms --target-rate 200 --arrival constant --max-loss 0% --head-room 25%",
			"target.workers", 50, 0},
		// four are idle
		{"--workers 8 --duration 200ms --target-rate 20 --arrival constant --burst 100",
			"target.own_backlog.backlog", 96, 0},
		{"--workers 8 --duration 3s --backlog 2048 --rate 50 --deadline 10s", "backlog_in_time", 17, 0},
		{"--workers 8 --duration 3s --backlog 2048 --rate 50 --deadline 10s", "rate.late_from_s",
			(8 + 18) / 50., 1e-9},
	} {
		if got := lookUp(t, weirCapacity(t, g.flags+" --json"), g.path); math.Abs(got-g.want) > g.tol*g.want {
			t.Errorf("%s: %s = %v, want %v", g.flags, g.path, got, g.want)
		}
	}
}

// Whatever is asked, the answer fits a terminal, and no two words run together.
func TestCapacityFitsTheTerminal(t *testing.T) {
	for _, server := range []string{"--workers 8 --duration 200ms",
		"--workers 1000 --worker-connections 1000 --duration 59.5s",
		"--workers 1 --duration 3us --backlog 0"} {
		for _, rate := range []string{"", "--rate 0.01", "--rate 39.9", "--rate 990000"} {
			for _, more := range []string{
				"", "--deadline 1s", "--deadline 10ms", "--service-cv 0", "--service-cv 0.123456",
				"--backlog 1048576 --deadline 1h",
				"--target-rate 0.001", "--target-rate 90000 --max-loss 0.0001% --head-room 33.3% --burst 100000 --deadline 2s", "--target-rate 7 --arrival constant",
			} {
				flags := server + " " + rate + " " + more
				for line := range strings.SplitSeq(weirCapacity(t, flags), "\n") {
					if n := utf8.RuneCountInString(line); n > 80 {
						t.Errorf("%s: %d columns: %s", flags, n, line)
					}
					if line != "" && strings.HasPrefix(line, " ") == false && len([]rune(line)) <= 21 {
						t.Errorf("%s: a line without a value: %s", flags, line)
					}
				}
			}
		}
	}
}
