package gate

import (
	"fmt"
	"strconv"

	"weir/report/unit"
)

// The units of metrics.
const (
	share   = unit.Share
	seconds = unit.Time
	rate    = unit.Rate
	count   = unit.Count
	ratio   = unit.Ratio
)

// units are those that a limit may carry.
var units = map[string]struct {
	of     unit.Unit
	factor float64
}{
	"%":  {share, .01},
	"ns": {seconds, 1e-9}, "us": {seconds, 1e-6}, "µs": {seconds, 1e-6}, "ms": {seconds, 1e-3},
	"s": {seconds, 1}, "m": {seconds, 60}, "h": {seconds, 3600},
	"/s": {rate, 1}, "req/s": {rate, 1}, "/m": {rate, 1. / 60}, "/h": {rate, 1. / 3600},
}

// example is a limit as it should be written.
func example(u unit.Unit, number string) string {
	switch u {
	case share:
		return number + "%"
	case seconds:
		return number + "ms or " + number + "s"
	case rate:
		return number + "/s"
	}
	return number
}

// limitIn is a written limit in the base unit.
func limitIn(u unit.Unit, number, suffix string) (float64, error) {
	x, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", number)
	}
	written, known := units[suffix]
	switch {
	case suffix != "" && !known:
		return 0, fmt.Errorf("%q is not a unit: write %s", suffix, example(u, number))
	case suffix == "" && (u == share || u == seconds):
		return 0, fmt.Errorf("%s has no unit: write %s", number, example(u, number))
	case suffix == "": // rates are per second everywhere in weir where nothing else is said
		return x, nil
	case written.of == u, u == ratio && written.of == share:
		return x * written.factor, nil
	}
	return 0, fmt.Errorf("%s%s is a %s, and a %s is compared: write %s", number, suffix, written.of, u, example(u, number))
}

// quotient is the unit of a quotient.
func quotient(u, v unit.Unit) (unit.Unit, bool) {
	switch {
	case v == ratio:
		return u, true
	case u == v:
		return ratio, true
	}
	return "", false
}
