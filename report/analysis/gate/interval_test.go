package gate

import (
	"math"
	"testing"

	"weir/report/result"
	"weir/report/words"
)

// TestJudge puts intervals into every place that they can have to a limit of 5, or of 4..6: wholly below, up
// to it, across, from it on, wholly above, and a point on it.
func TestJudge(t *testing.T) {
	const p, f, i = Pass, Fail, Inconclusive
	inf := math.Inf(1)
	places := []struct{ low, high float64 }{{3, 4.5}, {3, 5}, {3, 7}, {5, 7}, {5.5, 7}, {5, 5}, {0, inf},
		{6, inf}}
	for op, want := range map[Op][]Verdict{
		Less:         {p, i, i, f, f, f, i, f},
		LessEqual:    {p, p, i, i, f, p, i, f},
		Greater:      {f, f, i, i, p, f, i, p},
		GreaterEqual: {f, i, i, p, p, p, i, p},
		Equal:        {f, i, i, i, f, p, i, f},
		NotEqual:     {p, i, i, i, p, f, i, p},
	} {
		for k, at := range places {
			x := interval{value: at.low, low: at.low, high: at.high}
			if got := judge(x, op, Limit{Low: 5, High: 5}); got != want[k] {
				t.Errorf("[%v, %v] %s 5: %s, want %s", at.low, at.high, op, got, want[k])
			}
		}
	}
	for _, c := range []struct {
		low, high float64
		want      Verdict
	}{
		{4.5, 5.5, p}, {4, 6, p}, {4, 4, p}, {6, 6, p}, {3.9, 5, i}, {5, 6.1, i}, {3, 7, i}, {3, 4, i},
		{6, 7, i},
		{3, 3.9, f}, {6.1, 7, f}, {6.1, inf, f}, {4, inf, i},
	} {
		if got := judge(interval{low: c.low, high: c.high}, In, Limit{Low: 4, High: 6}); got != c.want {
			t.Errorf("[%v, %v] in 4..6: %s, want %s", c.low, c.high, got, c.want)
		}
	}
	for _, op := range []Op{Less, LessEqual, Greater, GreaterEqual, Equal, NotEqual, In} {
		if got := judge(missing("x", nil), op, Limit{}); got != Inconclusive {
			t.Errorf("what is not there is %s by %s", got, op)
		}
	}
}

func TestOverall(t *testing.T) {
	for _, c := range []struct {
		of   []Verdict
		want Verdict
	}{
		{nil, Inconclusive},
		{[]Verdict{Pass, Pass}, Pass},
		{[]Verdict{Pass, Inconclusive, Pass}, Inconclusive},
		{[]Verdict{Inconclusive, Fail, Pass}, Fail},
		{[]Verdict{Fail, Inconclusive}, Fail},
		{[]Verdict{Fail, Invalid, Pass}, Invalid},
	} {
		var results []Result
		for _, v := range c.of {
			results = append(results, Result{Result: v})
		}
		if got := Overall(results); got != c.want {
			t.Errorf("%v: %s, want %s", c.of, got, c.want)
		}
	}
}

func TestQuotient(t *testing.T) {
	inf := math.Inf(1)
	of := func(value, low, high float64) interval { return interval{value: value, low: low, high: high} }
	for _, c := range []struct{ a, b, want interval }{
		{of(10, 8, 12), of(5, 4, 6), of(2, 8./6, 3)},
		{exact(3), exact(2), exact(1.5)},
		{of(10, 8, 12), of(5, 0, 6), of(2, 8./6, inf)},
		{of(10, 8, 12), of(0, 0, 2), of(math.NaN(), 4, inf)},
		{of(10, 8, inf), of(5, 4, 6), of(2, 8./6, inf)},
		{of(10, 8, 12), of(5, 4, inf), of(2, 0, 3)},
		{of(10, 8, inf), of(5, 4, inf), of(2, 0, inf)},
		{exact(0), of(0, 0, 2), of(math.NaN(), 0, inf)},
	} {
		got := c.a.over(c.b)
		same := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
		if !got.known() || !same(got.value, c.want.value) || !same(got.low, c.want.low) ||
			!same(got.high, c.want.high) {
			t.Errorf("%v ÷ %v = %v, want %v", c.a, c.b, got, c.want)
		}
	}
	for _, c := range []struct {
		a, b interval
		why  string
	}{
		{exact(0), exact(0), "The divisor is 0."}, {exact(3), exact(0), "The divisor is 0."},
		{unknownFor(result.Finding{Text: "x"}), exact(0), "x"},
		{exact(1), unknownFor(result.Finding{Text: "y"}), "y"},
		{unknownFor(result.Finding{Text: "x"}), unknownFor(result.Finding{Text: "y"}), "x"},
	} {
		if got := c.a.over(c.b); words.Of(got.absent) != c.why {
			t.Errorf("%v ÷ %v: %q, want %q", c.a, c.b, got.absent, c.why)
		}
	}
}
