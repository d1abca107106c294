package gate

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// unit is the kind of a quantity: what its limit has to look like, and what it may be divided by.
type unit string

const (
	share   unit = "share"
	seconds unit = "time"
	rate    unit = "rate"
	count   unit = "count"
	ratio   unit = "ratio"
)

// units are those that a limit may carry.
var units = map[string]struct {
	of     unit
	factor float64
}{
	"%":  {share, .01},
	"ns": {seconds, 1e-9}, "us": {seconds, 1e-6}, "µs": {seconds, 1e-6}, "ms": {seconds, 1e-3},
	"s": {seconds, 1}, "m": {seconds, 60}, "h": {seconds, 3600},
	"/s": {rate, 1}, "req/s": {rate, 1}, "/m": {rate, 1. / 60}, "/h": {rate, 1. / 3600},
}

// example is a limit as it should be written.
func (u unit) example(number string) string {
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

// value is a written limit in the base unit.
func (u unit) value(number, suffix string) (float64, error) {
	x, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", number)
	}
	written, known := units[suffix]
	switch {
	case suffix != "" && !known:
		return 0, fmt.Errorf("%q is not a unit: write %s", suffix, u.example(number))
	case suffix == "" && (u == share || u == seconds):
		return 0, fmt.Errorf("%s has no unit: write %s", number, u.example(number))
	case suffix == "": // rates are per second everywhere in weir where nothing else is said
		return x, nil
	case written.of == u, u == ratio && written.of == share:
		return x * written.factor, nil
	}
	return 0, fmt.Errorf("%s%s is a %s, and a %s is compared: write %s", number, suffix, written.of, u, u.example(number))
}

// over is the unit of a quotient.
func (u unit) over(v unit) (unit, bool) {
	switch {
	case v == ratio:
		return u, true
	case u == v:
		return ratio, true
	}
	return "", false
}

// Format writes a value in the unit that suits it, with so many significant digits as tell neighbours apart.
func (u unit) format(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return "∞"
	case math.IsNaN(x):
		return "?"
	}
	switch u {
	case share:
		return digits(100*x, 3) + "%"
	case seconds:
		if x < .9995 {
			return digits(1000*x, 3) + "ms"
		}
		return digits(x, 3) + "s"
	case rate:
		return digits(x, 4) + "/s"
	case count:
		return strconv.FormatFloat(math.Round(x), 'f', 0, 64)
	}
	return digits(x, 4)
}

// digits is x with n significant digits, without an exponent and without zeros at its end.
func digits(x float64, n int) string {
	if x == 0 {
		return "0"
	}
	places := n - 1 - int(math.Floor(math.Log10(math.Abs(x))))
	s := strconv.FormatFloat(x, 'f', min(max(places, 0), 9), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
