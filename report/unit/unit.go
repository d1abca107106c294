// Package unit has the one type for a measured number, with its unit and interval, and the one way of writing
// it for people. Whatever shows a number asks this package, so that two documents cannot show it differently.
//
// Base units are seconds, requests per second, shares of 1, counts and plain ratios. Absent is not zero: a
// value that is not known is nil, and is written as such.
package unit

import (
	"math"
	"strconv"
	"strings"
)

// Unit is the kind of a quantity.
type Unit string

// The kinds of quantities, each with its base unit.
const (
	Share Unit = "share" // of 1, written in per cent
	Time  Unit = "time"  // seconds
	Rate  Unit = "rate"  // requests per second
	Count Unit = "count" // things
	Ratio Unit = "ratio" // one quantity divided by another of the same kind

	Quotient Unit = "quotient" // a ratio that is near 1: three decimals
	Points   Unit = "points"   // the difference of two shares, in percentage points
)

// Unknown stands where a value is absent, in every format for people.
const Unknown = "not known"

// figures is how many significant digits a number has where nothing else is asked for.
const figures = 3

// Format writes a value with its unit: "397 req/s", "20.1 ms", "16.6 %", "2,628", "0.998".
func (u Unit) Format(x float64) string { return u.FormatTo(x, figures) }

// FormatTo is Format with so many significant digits.
func (u Unit) FormatTo(x float64, digits int) string {
	factor, suffix := u.scale(x)
	if suffix != "" {
		suffix = " " + suffix
	}
	if u == Count && !math.IsInf(x, 0) {
		return commas(strconv.FormatFloat(math.Round(x), 'f', 0, 64))
	}
	if u == Quotient && math.Abs(x) < 1000 {
		return strconv.FormatFloat(x, 'f', 3, 64)
	}
	return Digits(x*factor, digits) + suffix
}

// scale is how many of the unit that suits x are in the base unit, and its name.
func (u Unit) scale(x float64) (factor float64, suffix string) {
	switch u {
	case Share:
		return 100, "%"
	case Points:
		return 100, "points"
	case Time:
		return timeScale(x)
	case Rate:
		return 1, "req/s"
	}
	return 1, ""
}

// timeScale has its bounds where three digits round up to the next unit.
func timeScale(seconds float64) (factor float64, suffix string) {
	switch abs := math.Abs(seconds); {
	case abs >= 3*86400:
		return 1. / 86400, "days"
	case abs >= 3*3600:
		return 1. / 3600, "h"
	case abs >= 600:
		return 1. / 60, "min"
	case abs == 0 || abs >= .9995:
		return 1, "s"
	case abs < .9995e-3:
		return 1e6, "µs"
	}
	return 1e3, "ms"
}

// IsName reports whether a word is the name of a unit, which stands beside its number.
func IsName(word string) bool {
	switch word {
	case "%", "req/s", "µs", "ms", "s", "min", "h", "days", "points":
		return true
	}
	return false
}

// Digits writes x with n significant digits where it has a fraction to show, without an exponent, and with
// commas between the thousands. With n = 0 it is a stated number, as "8" or "0.25": as few digits as it has,
// up to six.
func Digits(x float64, n int) string {
	if n == 0 {
		text := Digits(x, 6)
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return text
	}
	switch {
	case x == 0:
		return "0" // also where it is negative
	case math.IsInf(x, 1):
		return "∞"
	case math.IsInf(x, -1):
		return "−∞"
	case math.IsNaN(x):
		return "?"
	}
	_, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'e', n-1, 64), "e")
	power, _ := strconv.Atoi(exponent) // of the rounded value: 9.999 is 10.0
	if power >= n-1 {
		return commas(strconv.FormatFloat(math.Round(x), 'f', 0, 64))
	}
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(x, 'f', min(n-1-power, 9), 64), ".")
	return commas(whole) + "." + fraction
}

// Tenths writes x with one decimal: a moment of a run.
func Tenths(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// Signed is Digits with a sign before what is not below zero too.
func Signed(x float64, n int) string {
	if x >= 0 {
		return "+" + Digits(x, n)
	}
	return Digits(x, n)
}

// Int writes a count with commas between its thousands.
func Int(n uint64) string { return commas(strconv.FormatUint(n, 10)) }

// Plural is a count with its noun: "1 overflow", "2,628 overflows". A noun with an irregular plural is given
// as "retry/retries".
func Plural(n uint64, noun string) string {
	one, many, irregular := strings.Cut(noun, "/")
	if !irregular {
		many = one + "s"
	}
	if n == 1 {
		return "1 " + one
	}
	return Int(n) + " " + many
}

// Times is how often something happened: "once", "12 times".
func Times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return Int(n) + " times"
}

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
