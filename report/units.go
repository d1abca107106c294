package report

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"weir/loadgen"
	"weir/report/result"
)

// unknown stands where a value is absent, in every format for people.
const unknown = "not known"

// digits writes x with n significant digits where it has a fraction to show, no exponent, and commas
// between thousands.
func digits(x float64, n int) string {
	rounded := strconv.FormatFloat(x, 'e', n-1, 64)
	_, exponent, found := strings.Cut(rounded, "e")
	if x == 0 {
		return "0" // also where it is negative
	}
	if !found {
		return rounded // not finite
	}
	power, _ := strconv.Atoi(exponent) // of the rounded value: 9.999 is 10.0
	if power >= n-1 {
		return commas(strconv.FormatFloat(math.Round(x), 'f', 0, 64))
	}
	return strconv.FormatFloat(x, 'f', min(n-1-power, 9), 64)
}

// commas puts commas between the thousands of an integer in decimal.
func commas(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

func count(n uint64) string { return commas(strconv.FormatUint(n, 10)) }

// plural is a count with its noun: "1 overflow", "2 overflows".
func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

func rate(x float64) string { return digits(x, 3) + " req/s" }

func interval(low, high float64) string {
	return "[" + digits(low, 3) + ", " + digits(high, 3) + "]"
}

// seconds writes a time in the unit that suits it.
func seconds(s float64) string {
	factor, unit := timeUnit(s)
	if s == 0 {
		return "0 s"
	}
	return digits(s*factor, 3) + " " + unit
}

// timeUnit is how many of a unit are in a second; the bounds are where three digits round up to the next one.
func timeUnit(s float64) (factor float64, unit string) {
	switch abs := math.Abs(s); {
	case abs == 0 || abs >= .9995:
		return 1, "s"
	case abs < .9995e-3:
		return 1e6, "µs"
	}
	return 1e3, "ms"
}

// quantile writes a quantile and its interval, both in the unit of the first.
func quantile(value *float64, b *result.Bounds, n uint64) cell {
	switch {
	case n == 0:
		return cell{Main: "none: nothing succeeded", Tone: muted}
	case value == nil:
		return cell{Main: "none: n = " + count(n) + " is too few", Tone: muted}
	case b == nil:
		return cell{Main: seconds(*value), Interval: "(no interval)"}
	}
	factor, _ := timeUnit(*value)
	return cell{Main: seconds(*value), Interval: interval(b.Low*factor, b.High*factor)}
}

// limit is a bound in time, of which 0 means that there was none.
func limit(s float64) string {
	if s == 0 {
		return "none"
	}
	return seconds(s)
}

func secondsOr(s *float64) string {
	if s == nil {
		return unknown
	}
	return seconds(*s)
}

// share is n of total in per cent.
func share(n, total uint64) string {
	if total == 0 {
		return "–"
	}
	return digits(100*float64(n)/float64(total), 3) + " %"
}

// named is a count with the name of what was counted.
type named struct {
	Name string
	N    uint64
}

// failures lists a lane's outcomes other than ok in the order of loadgen.Outcomes, unknown names
// last, and then the answers that came too late.
func failures(outcomes map[string]uint64, late uint64) []named {
	var list []named
	rest := maps.Clone(outcomes)
	for _, o := range loadgen.Outcomes() {
		if n := rest[string(o)]; n > 0 && o != loadgen.OK {
			list = append(list, named{string(o), n})
		}
		delete(rest, string(o))
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		if rest[name] > 0 {
			list = append(list, named{name, rest[name]})
		}
	}
	if late > 0 {
		list = append(list, named{"late", late})
	}
	return list
}
