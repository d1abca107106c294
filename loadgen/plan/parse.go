package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseRate reads a rate as the command line takes it, "50", "50/s", "3000/m", "1.5k/s", and returns
// requests per second. k is a thousand; the unit is s, m or h and without one s.
func ParseRate(text string) (float64, error) {
	number, unit, found := strings.Cut(strings.TrimSpace(text), "/")
	per := 1.0
	if found {
		switch unit {
		case "s":
		case "m":
			per = 60
		case "h":
			per = 3600
		default:
			return 0, fmt.Errorf("rate %q: unit %q is not one of s, m, h: write it like 50/s", text, unit)
		}
	}
	factor := 1.0
	if digits, ok := strings.CutSuffix(number, "k"); ok {
		number, factor = digits, 1000
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, fmt.Errorf("rate %q: %q is not a number: write it like 50, 50/s or 3000/m", text, number)
	}
	rate := value * factor / per
	if err := validRate(rate); err != nil {
		return 0, fmt.Errorf("%q: %w", text, err)
	}
	return rate, nil
}

// ParseRange reads "A..B", two rates, and returns both in requests per second. A may be above B.
func ParseRange(text string) (from, to float64, err error) {
	a, b, found := strings.Cut(text, "..")
	if !found {
		return 0, 0, fmt.Errorf("range %q: write it like 50..200", text)
	}
	if from, err = ParseRate(a); err != nil {
		return 0, 0, fmt.Errorf("range %q: %w", text, err)
	}
	if to, err = ParseRate(b); err != nil {
		return 0, 0, fmt.Errorf("range %q: %w", text, err)
	}
	return from, to, nil
}

// ParseStages reads "30s:50,1m:200", stages of a duration and a rate held for it. A range instead of a
// rate is a ramp: "30s:50..200,1m:200".
func ParseStages(text string) ([]Stage, error) {
	var stages []Stage
	for part := range strings.SplitSeq(text, ",") {
		stage, err := parseStage(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		if stages = append(stages, stage); len(stages) > stageLimit {
			return nil, fmt.Errorf("more than %d stages: shorten the plan", stageLimit)
		}
	}
	if err := (Plan{Stages: stages}).Validate(); err != nil {
		return nil, err
	}
	return stages, nil
}

func parseStage(text string) (Stage, error) {
	length, rates, found := strings.Cut(text, ":")
	if !found {
		return Stage{}, fmt.Errorf("stage %q: write it like 30s:50 or 30s:50..200", text)
	}
	duration, err := time.ParseDuration(length)
	if err != nil {
		return Stage{}, fmt.Errorf("stage %q: %q is not a duration: write it like 30s or 1m30s", text, length)
	}
	if err := validDuration(duration); err != nil {
		return Stage{}, fmt.Errorf("stage %q: %w", text, err)
	}
	if !strings.Contains(rates, "..") {
		rates += ".." + rates
	}
	from, to, err := ParseRange(rates)
	if err != nil {
		return Stage{}, fmt.Errorf("stage %q: %w", text, err)
	}
	return Stage{From: from, To: to, Duration: duration}, nil
}

// ParseArrival reads "constant" or "poisson".
func ParseArrival(text string) (Arrival, error) {
	switch a := Arrival(text); a {
	case Constant, Poisson:
		return a, nil
	}
	return "", fmt.Errorf("arrival %q: use %q or %q", text, Constant, Poisson)
}
