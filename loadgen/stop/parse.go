package stop

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/loadgen"
	"weir/loadgen/spelling"
)

// minShare is the smallest limit: at it, one of runLength requests is bad.
const minShare = 1. / runLength

// Parse reads a rule as --abort-if takes it; see Rule.
func Parse(expr string) (Rule, error) {
	r := Rule{expr: strings.TrimSpace(expr)}
	operand, limit, found := strings.Cut(r.expr, ">")
	if !found {
		return Rule{}, fmt.Errorf("rule %q: write it like failures > 5%% or latency.p99 > 500ms", expr)
	}
	metric, stat, has := strings.Cut(strings.TrimSpace(operand), ".")
	if has && stat == "" {
		return Rule{}, fmt.Errorf("rule %q: nothing follows the dot: leave it out, or write one of failures.OUTCOME and latency.pNN", expr)
	}
	limit = strings.TrimSpace(limit)
	var err error
	switch metric {
	case "failures":
		err = r.failures(stat, limit)
	case "latency":
		err = r.latency(stat, limit)
	default:
		err = fmt.Errorf("%q is not known: did you mean %s?", metric, spelling.Nearest(metric, []string{"failures", "latency"}))
	}
	if err != nil {
		return Rule{}, fmt.Errorf("rule %q: %w", expr, err)
	}
	return r, nil
}

func (r *Rule) failures(outcome, limit string) error {
	if outcome != "" {
		bad := slices.DeleteFunc(loadgen.Outcomes(), func(o loadgen.Outcome) bool { return o == loadgen.OK || o == loadgen.Canceled })
		if r.outcome = loadgen.Outcome(outcome); !slices.Contains(bad, r.outcome) {
			return fmt.Errorf("%q is not an outcome that fails: did you mean failures.%s?", outcome, spelling.Nearest(r.outcome, bad))
		}
	}
	digits, found := strings.CutSuffix(limit, "%")
	percent, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	switch {
	case err != nil:
		return fmt.Errorf("%q is not a share: write it like 5%%", limit)
	case !found:
		return fmt.Errorf("%q has no unit: write it like 5%%", limit)
	}
	return r.setLimit(percent / 100)
}

func (r *Rule) latency(quantile, limit string) error {
	percent := 99.0
	if quantile != "" {
		var err error
		digits, found := strings.CutPrefix(quantile, "p")
		if strings.HasPrefix(digits, "99") && len(digits) > 2 && !strings.Contains(digits, ".") {
			digits = "99." + digits[2:] // p999, as the report calls it
		}
		if percent, err = strconv.ParseFloat(digits, 64); err != nil || !found || !(0 < percent && percent < 100) {
			return fmt.Errorf("%q is not a quantile: did you mean latency.%s?", quantile, spelling.Nearest(quantile, []string{"p50", "p90", "p95", "p99", "p99.9"}))
		}
	}
	if _, err := strconv.ParseFloat(limit, 64); err == nil {
		return fmt.Errorf("%q has no unit: write it like %sms", limit, limit)
	}
	var err error
	if r.slower, err = time.ParseDuration(strings.ReplaceAll(limit, " ", "")); err != nil || r.slower <= 0 {
		return fmt.Errorf("%q is not a time to compare with: write it like 500ms or 2s", limit)
	}
	return r.setLimit((100 - percent) / 100)
}

func (r *Rule) setLimit(share float64) error {
	const least = minShare * (1 - 1e-9) // 100−99.999 is a little less than 0.001
	if !(least <= share && share <= 1-least) {
		return fmt.Errorf("%.3g%% cannot be told from chance while a run goes on: allow from 0.001%% to 99.999%%", 100*share)
	}
	r.limit = share
	return nil
}
