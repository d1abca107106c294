package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"weir/report/result"
)

// verdict says in plain sentences what differs, then what does not as far as this could be seen, then what
// cannot be told.
func verdict(c *result.Comparison) []string {
	var out []string
	if !c.A.Valid || !c.B.Valid {
		return []string{"INVALID, nothing can be compared: a run is that cannot be believed."}
	}
	for _, part := range []func(result.Effect) bool{
		func(e result.Effect) bool { return e.Finding == result.Higher || e.Finding == result.Lower },
		func(e result.Effect) bool { return e.Finding == result.NoDifference },
		func(e result.Effect) bool { return e.Finding == result.NotKnown },
	} {
		for _, e := range told(c) {
			if !part(e) {
				continue
			}
			text := sentence(c, e)
			_, why, _ := strings.Cut(text, ". ")
			if k := len(out) - 1; e.Finding == result.NotKnown && k >= 0 && strings.HasPrefix(out[k], unknown) && strings.HasSuffix(out[k], ". "+why) {
				out[k] = strings.TrimSuffix(out[k], ". "+why) + ", " + names[e.Metric] + ". " + why // of one reason
				continue
			}
			out = append(out, text)
		}
	}
	if len(c.Doubts) > 0 {
		var codes []string
		for _, d := range c.Doubts {
			codes = append(codes, strings.ReplaceAll(string(d.Code), "_", " "))
		}
		out = append(out, "What differs may have another cause than what was changed, for the arms are not alike: "+strings.Join(codes, ", ")+".")
	}
	return out
}

// told are the effects that the verdict speaks of; the others stand in the table.
func told(c *result.Comparison) []result.Effect {
	want := []string{"onset.rate", "latency.p50", "latency.p99", "bad.rate"}
	if e := Effect(c, "onset.rate"); e.Finding == result.NotKnown {
		for _, other := range []string{"plateau.rate", "overflow_onset.rate"} {
			if Effect(c, other).Finding != result.NotKnown {
				want[0] = other
				break
			}
		}
	}
	var list []result.Effect
	for _, metric := range want {
		list = append(list, *Effect(c, metric))
	}
	return list
}

// names of metrics in sentences.
var names = map[string]string{
	"onset.rate": "the rate at which failures begin", "overflow_onset.rate": "the rate at which the queue overflows",
	"plateau.rate": "what the server does when overloaded", "latency.p50": "the median latency at equal load",
	"latency.p99": "the p99 latency at equal load", "bad.rate": "the share of failures",
}

const unknown = "Not known: "

func sentence(c *result.Comparison, e result.Effect) string {
	name := names[e.Metric]
	switch e.Finding {
	case result.NotKnown:
		return unknown + name + ". " + upper(e.Reason) + "."
	case result.NoDifference:
		return fmt.Sprintf("No difference found in %s: %s; %s.", name, measured(c, e), Least(e))
	}
	text := fmt.Sprintf("%s: %s is %s, %s", c.B.Label, name, e.Finding, measured(c, e))
	if strings.HasPrefix(e.Metric, "latency.") && e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	return text + "."
}

// measured is both values and what lies between them.
func measured(c *result.Comparison, e result.Effect) string {
	switch {
	case e.Unit == "share":
		return fmt.Sprintf("%s instead of %s, %s", percent(*e.B.Value), percent(*e.A.Value), points(e.Difference))
	case e.Difference != nil:
		return fmt.Sprintf("%s, %s ÷ %s is %s", milliseconds(e.Difference), c.B.Label, c.A.Label, e.Ratio)
	}
	return fmt.Sprintf("%.4g req/s instead of %.4g, %s ÷ %s is %s", *e.B.Value, *e.A.Value, c.B.Label, c.A.Label, e.Ratio)
}

// Least says which change would have been found, "not known" where that cannot be told.
func Least(e result.Effect) string {
	switch {
	case e.Detectable == nil:
		return "which change would have been found is not known"
	case e.Unit == "share":
		return fmt.Sprintf("a change of %.2g points would have been found 8 times in 10", 100**e.Detectable)
	}
	return fmt.Sprintf("a change of %s %% would have been found 8 times in 10", TwoDigits(100**e.Detectable))
}

// TwoDigits writes a number with two digits, and never with an exponent.
func TwoDigits(x float64) string {
	if math.Abs(x) < 99.5 {
		return fmt.Sprintf("%.2g", x)
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(x)))-1)
	return fmt.Sprintf("%.0f", math.Round(x/unit)*unit)
}

func percent(x float64) string { return fmt.Sprintf("%.3g %%", 100*x) }

// points is a difference of shares.
func points(d *result.Difference) string {
	return fmt.Sprintf("%+.2g points (%+.2g to %+.2g)", 100*d.Value, 100*d.Low, 100*d.High)
}

// milliseconds is a difference of times.
func milliseconds(d *result.Difference) string {
	return fmt.Sprintf("%s ms (%s to %s)", signed(1000*d.Value), signed(1000*d.Low), signed(1000*d.High))
}

// signed has three digits, and no more than a microsecond if these are milliseconds.
func signed(x float64) string {
	if math.Abs(x) < 1 {
		return fmt.Sprintf("%+.3f", x)
	}
	return fmt.Sprintf("%+.3g", x)
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// anyOf reports whether one of the effects is known.
func anyOf(c *result.Comparison, metrics ...string) bool {
	return slices.ContainsFunc(metrics, func(m string) bool {
		e := Effect(c, m)
		return e != nil && e.Finding != result.NotKnown
	})
}
