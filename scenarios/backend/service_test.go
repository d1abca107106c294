package backend

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// A fixed seed, many draws: mean and variation are those that the text asks for, to within four standard
// errors.
func TestServiceTimesHaveTheirMoments(t *testing.T) {
	const n = 100_000
	for text, want := range map[string]struct{ mean, cv float64 }{
		"20ms":                     {0.020, 0},
		"exponential:20ms":         {0.020, 1},
		"lognormal:20ms/0.5":       {0.020, 0.5},
		"empirical:10ms/10ms/40ms": {0.020, math.Sqrt2 / 2},
	} {
		var s Service
		if err := s.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if s.Mean() != 20*time.Millisecond || s.String() != text {
			t.Errorf("%s: mean %v, written as %s", text, s.Mean(), s)
		}
		r := rand.New(rand.NewPCG(1, 2))
		var sum, squares float64
		for range n {
			d := s.draw(r).Seconds()
			sum, squares = sum+d, squares+d*d
		}
		mean := sum / n
		cv := math.Sqrt(max(0, squares/n-mean*mean)) / mean
		if math.Abs(mean/want.mean-1) > 4*want.cv/math.Sqrt(n)+1e-9 || math.Abs(cv-want.cv) > 0.02 {
			t.Errorf("%s: mean %v s, coefficient of variation %v; want %v and %v", text, mean, cv, want.mean,
				want.cv)
		}
	}
}

func TestTheSeedDecides(t *testing.T) {
	var s Service
	if err := s.Set("exponential:20ms"); err != nil {
		t.Fatal(err)
	}
	three := func(seed uint64) (d [3]time.Duration) {
		dice := newDice(seed)
		for i := range d {
			d[i] = dice.draw(s)
		}
		return d
	}
	if first, again := three(1), three(1); first != again || first == three(2) {
		t.Errorf("seed 1: %v, then %v", three(1), three(1))
	}
}

func TestServiceTimesThatAreRefused(t *testing.T) {
	for _, text := range []string{"", "20", "-1ms", "2h", "normal:1s", "exponential:1s/2", "lognormal:1s",
		"lognormal:1s/0", "lognormal:1s/NaN", "lognormal:1s/1e9", "empirical:", "empirical:1s/x"} {
		var s Service
		if err := s.Set(text); err == nil || !strings.Contains(err.Error(), "service time") {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
}

func TestEndpoints(t *testing.T) {
	var e Endpoint
	if err := e.UnmarshalText([]byte("/sick=lognormal:20ms/2,body=17,drop=0.25,partial=0.5,garbage=0.125")); err != nil {
		t.Fatal(err)
	}
	if e.Path != "/sick" || e.Service.String() != "lognormal:20ms/2" || e.Body != 17 ||
		e.Faults != (Faults{0.25, 0.5, 0.125}) {
		t.Errorf("%+v", e)
	}
	var again Endpoint
	if err := again.UnmarshalText([]byte(e.String())); err != nil || again.String() != e.String() ||
		again.Body != 17 {
		t.Errorf("%s read back is %s, %v", e, again, err)
	}
	for _, text := range []string{"x=1s", "/x", "/x=", "/x=1s,body=-1", "/x=1s,body=999999999",
		"/x=1s,drop=2", "/x=1s,drop=0.6,partial=0.6", "/x=1s,drop=NaN", "/x=1s,sick=1", "/x=1s,"} {
		if err := e.UnmarshalText([]byte(text)); err == nil && text != "/x=1s," {
			t.Errorf("%q was taken: %+v", text, e)
		}
	}
	dice := newDice(1)
	r := route{Faults: Faults{Drop: 0.25, Partial: 0.5, Garbage: 0.125}}
	counts := map[ending]float64{}
	for range 10_000 {
		counts[r.ending(dice)]++
	}
	for end, want := range map[ending]float64{dropped: 2500, partly: 5000, garbled: 1250, wholly: 1250} {
		if math.Abs(counts[end]-want) > 250 {
			t.Errorf("ending %d came %v times of 10000, want about %v", end, counts[end], want)
		}
	}
}

func TestPauses(t *testing.T) {
	const s = time.Second
	for at, want := range map[time.Duration]time.Duration{0: 0, 9 * s: 0, 10 * s: 2 * s, 11 * s: s, 12 * s: 0,
		21 * s: 0, 23 * s: s} {
		if got := pauseLeft(at, 10*s, 2*s); got != want {
			t.Errorf("at %v: %v of a pause left, want %v", at, got, want)
		}
	}
}
