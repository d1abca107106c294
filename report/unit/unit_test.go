package unit_test

import (
	"fmt"
	"math"
	"testing"

	"weir/report/unit"
)

func ExampleEstimate() {
	fmt.Println(unit.Of(unit.Rate, 397.1, 388.4, 405.4))
	fmt.Println(unit.Of(unit.Time, .0201, .0199, .0203))
	fmt.Println(unit.Exactly(unit.Share, .166))
	fmt.Println(unit.Estimate{Unit: unit.Rate})
	// Output:
	// 397 req/s [388, 405]
	// 20.1 ms [19.9, 20.3]
	// 16.6 %
	// not known
}

func TestSigned(t *testing.T) {
	for x, want := range map[float64]string{0: "+0", .0153: "+0.015", -9: "-9.0", 21.94: "+22"} {
		if got := unit.Signed(x, 2); got != want {
			t.Errorf("%v is written %q, want %q", x, got, want)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		u    unit.Unit
		x    float64
		want string
	}{
		{unit.Rate, 0, "0 req/s"}, {unit.Rate, 0.04, "0.0400 req/s"}, {unit.Rate, 9.999, "10.0 req/s"},
		{unit.Rate, 12345.6, "12,346 req/s"},
		{unit.Time, .9994, "999 ms"}, {unit.Time, .9996, "1.00 s"}, {unit.Time, 45e-6, "45.0 µs"},
		{unit.Time, 0, "0 s"},
		{unit.Share, 1, "100 %"}, {unit.Share, .00066, "0.0660 %"},
		{unit.Count, 2628, "2,628"}, {unit.Count, math.Inf(1), "∞"}, {unit.Ratio, .9977, "0.998"},
		{unit.Ratio, math.NaN(), "?"},
		{unit.Ratio, -1234.4, "-1,234"},
		{unit.Time, 162, "162 s"}, {unit.Time, 599, "599 s"}, {unit.Time, 768.4, "12.8 min"},
		{unit.Time, 76837, "21.3 h"}, {unit.Time, 864000, "10.0 days"},
		{unit.Quotient, 1.0184, "1.018"}, {unit.Quotient, 12, "12.000"},
		{unit.Points, -.0123, "-1.23 points"},
	} {
		if got := c.u.Format(c.x); got != c.want {
			t.Errorf("%s.Format(%g) = %q, want %q", c.u, c.x, got, c.want)
		}
	}
	low := 90.
	if got := (unit.Estimate{Value: &low, Low: &low,
		Unit: unit.Rate}).String(); got != "90.0 req/s [90.0, ∞]" {
		t.Errorf("a bound that is open above is written %q", got)
	}
}

func TestStated(t *testing.T) {
	for x, want := range map[float64]string{8: "8", 1200: "1,200", .25: "0.25", 60.5: "60.5",
		1. / 3: "0.333333", 0: "0"} {
		if got := unit.Digits(x, 0); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
}
