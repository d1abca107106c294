package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// durationValue is a flag that knows what "200" probably means.
type durationValue time.Duration

func (d *durationValue) Set(text string) error {
	value, err := time.ParseDuration(text)
	if _, bare := strconv.ParseFloat(text, 64); err != nil && bare == nil {
		return fmt.Errorf("it has no unit: did you mean %sms?", text)
	}
	if err != nil {
		return fmt.Errorf("write a duration like 200ms, 3s or 1m30s")
	}
	*d = durationValue(value)
	return nil
}

func (d *durationValue) Type() string { return "duration" }

func (d *durationValue) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

// shareValue is a flag in per cent. The sign is wanted, for 0.1 could be either.
type shareValue float64

func (s *shareValue) Set(text string) error {
	number, ok := strings.CutSuffix(strings.TrimSpace(text), "%")
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	switch {
	case err != nil || math.IsNaN(value) || math.IsInf(value, 0):
		return fmt.Errorf("write a share like 0.1%%")
	case !ok:
		return fmt.Errorf("it has no unit: did you mean %s%%?", text)
	case value < 0:
		return fmt.Errorf("a share is 0%% or more")
	}
	*s = shareValue(value / 100)
	return nil
}

func (s *shareValue) Type() string { return "share" }

func (s *shareValue) String() string {
	return strconv.FormatFloat(float64(*s)*100, 'g', 6, 64) + "%"
}

// figures writes x with three significant digits and no exponent, as far as nine decimals reach.
func figures(x float64) string {
	if x == 0 {
		return "0"
	}
	power := math.Floor(math.Log10(math.Abs(x)))
	decimals := int(min(max(2-power, 0), 9))
	text := strconv.FormatFloat(x, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// percent writes a share. A loss below a millionth is not worth its digits.
func percent(x float64) string {
	if x > 0 && x < 1e-6 {
		return "<" + nbsp + "0.0001" + nbsp + "%"
	}
	return figures(100*x) + nbsp + "%"
}

// period writes seconds in the unit in which people would say them.
func period(s float64) string {
	switch {
	case s < .9995e-3:
		return figures(s*1e6) + nbsp + "µs"
	case s < .9995:
		return figures(s*1e3) + nbsp + "ms"
	case s < 600:
		return figures(s) + nbsp + "s"
	case s < 3*3600:
		return figures(s/60) + nbsp + "min"
	case s < 3*86400:
		return figures(s/3600) + nbsp + "h"
	}
	return figures(s/86400) + nbsp + "days"
}
