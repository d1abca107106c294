package estimate

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// exact makes trials that lose exactly what the model says, to a whole request.
func exact(theta float64, slots int, length time.Duration, rates ...float64) []Trial {
	trials := make([]Trial, len(rates))
	for i, rate := range rates {
		T := length.Seconds()
		trials[i] = Trial{
			Due: uint64(rate * T), Bad: uint64(max(0, (rate-theta)*T-float64(slots)) + .5), Duration: length,
		}
	}
	return trials
}

// around is n rates from 0.6 to 1.6 × theta.
func around(theta float64, n int) []float64 {
	rates := make([]float64, n)
	for i := range rates {
		rates[i] = theta * (.6 + float64(i)/float64(n-1))
	}
	return rates
}

func TestHingeFindsTheta(t *testing.T) {
	for _, theta := range []float64{7, 80, 400, 90_000} {
		for _, slots := range []int{0, 9, 17, 129} {
			length := seconds(max(2, 400/theta)) // so that the queue hides no more than 1.33 θ
			if hidden := float64(slots) / length.Seconds(); hidden > .3*theta {
				continue
			}
			trials := exact(theta, slots, length, around(theta, 15)...)
			rand.New(rand.NewPCG(1, 1)).Shuffle(len(trials), reflect.Swapper(trials)) // order is nothing
			f, err := Hinge(trials, HingeOptions{Slots: slots, Resamples: 200})
			if err != nil {
				t.Errorf("θ %v, C %d: %v", theta, slots, err)
				continue
			}
			if math.Abs(f.Theta/theta-1) > .003 || f.Low > theta || f.High < theta {
				t.Errorf("θ %v, C %d: got %+v", theta, slots, f)
			}
			if f.Below+f.Beyond != 15 || f.Resamples != 200 || f.Low > f.Theta*(1-Allowance) ||
				f.High < f.Theta*(1+Allowance) {
				t.Errorf("θ %v, C %d: sides or allowance wrong: %+v", theta, slots, f)
			}
		}
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * 1e9) }

// Without the fill the same trials mislead.
func TestFillMatters(t *testing.T) {
	trials := exact(80, 17, 2*time.Second, around(80, 15)...)
	with, err := Hinge(trials, HingeOptions{Slots: 17, Resamples: 50})
	if err != nil {
		t.Fatal(err)
	}
	without, err := Hinge(trials, HingeOptions{Resamples: 50})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(with.Theta-80) > .3 || math.Abs(without.Theta-88.5) > 1 {
		t.Errorf("θ %v with, %v without the fill; want 80 and C/T more", with.Theta, without.Theta)
	}
}

// Failures that come at any rate are ε, and leave θ alone.
func TestFailuresAtAnyRate(t *testing.T) {
	trials := exact(400, 17, 4*time.Second, around(400, 15)...)
	for i := range trials {
		trials[i].Bad += (trials[i].Due - trials[i].Bad) / 100
	}
	f, err := Hinge(trials, HingeOptions{Slots: 17})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(f.Epsilon-.01) > .001 || math.Abs(f.Theta/400-1) > .005 {
		t.Errorf("ε %v, θ %v; want .01, 400", f.Epsilon, f.Theta)
	}
}

// Expected is the model: what it says of the trials that it was fitted to adds up to what they lost.
func TestExpected(t *testing.T) {
	trials := exact(400, 17, 4*time.Second, around(400, 15)...)
	f, err := Hinge(trials, HingeOptions{Slots: 17})
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range trials {
		if d := f.Expected(tr) - float64(tr.Bad); math.Abs(d) > 2 {
			t.Errorf("%+v: expected %.1f", tr, f.Expected(tr))
		}
	}
	if f.Expected(Trial{}) != 0 {
		t.Error("a trial without requests is expected to lose some")
	}
}

// The pieces hold the global maximum: no θ of a fine grid is more likely.
func TestNoGridBeatsThePieces(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var lines []line
		for range 1 + r.IntN(12) {
			n := uint64(1 + r.IntN(60))
			tr := Trial{n, r.Uint64N(n + 1), seconds(.5 + 2*r.Float64())} // noise: many local maxima
			lines = append(lines, newLine(tr, r.IntN(12), r.IntN(4)))
		}
		sortLines(lines)
		best := maximise(lines)
		// A piece does not hold its upper end, where the next trial stops to lose, but comes up to it.
		top := max(likelihoodAt(lines, best.theta), likelihoodAt(lines, best.theta*(1-1e-12)))
		for theta := .01; theta < 120; theta += .05 {
			if l := likelihoodAt(lines, theta); l > top+1e-6 {
				t.Fatalf("seed %d: θ %v with %v beats %+v with %v", seed, theta, l, best, top)
			}
		}
	}
}

// likelihoodAt is the definition, written down without the pieces.
func likelihoodAt(lines []line, theta float64) (sum float64) {
	var n, bad, total float64
	for _, l := range lines {
		if total += l.n; l.from <= theta {
			n, bad = n+l.n, bad+l.bad
		}
	}
	eps := (bad + .5) / (n + 2)
	if n == 0 {
		eps = .5 / (total + 2)
	}
	for _, l := range lines {
		p := l.share(eps, theta)
		if l.from <= theta {
			p = eps
		}
		sum += l.bad*math.Log(p) + (l.n-l.bad)*math.Log1p(-p)
	}
	return sum
}

func TestHingeIsDeterministic(t *testing.T) {
	trials := server{w: 8, b: 16, s: 20 * time.Millisecond}.trials(t, 2*time.Second, true, 1)
	opt := HingeOptions{Slots: 17, Seed: 5, Resamples: 300}
	a, err := Hinge(trials, opt)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := Hinge(trials, opt); a != b {
		t.Errorf("one seed, two fits: %+v and %+v", a, b)
	}
	opt.Seed = 6
	if b, _ := Hinge(trials, opt); a.Theta != b.Theta || a == b {
		t.Errorf("another seed must move the interval only: %+v and %+v", a, b)
	}
}

func TestNoEstimateSaysWhy(t *testing.T) {
	two := 2 * time.Second
	for _, c := range []struct {
		name   string
		trials []Trial
		why    Reason
	}{
		{"nothing", nil, NothingOffered},
		{"no requests", []Trial{{0, 0, two}}, NothingOffered},
		{"all below", exact(400, 17, two, 100, 150, 200, 250, 300, 350, 380, 390), NoneBeyond},
		{"hidden by the queue", exact(400, 129, two, 300, 320, 340, 360, 380, 400, 420, 440), NoneBeyond},
		{"one stray failure", []Trial{{200, 0, two}, {300, 0, two}, {400, 0, two}, {500, 0, two},
			{600, 0, two}, {700, 1, two}}, NoneBeyond},
		{"all beyond", exact(400, 17, two, 450, 480, 500, 520, 550, 580, 600), AllBeyond},
		{"five", exact(400, 17, two, 300, 350, 450, 500, 550), TooFew},
		{"one beyond", exact(400, 17, two, 200, 250, 300, 320, 340, 360, 380, 500), OneSided},
		{"one below", exact(400, 17, two, 300, 450, 480, 500, 520, 550), OneSided},
		{"none of them can overflow", []Trial{{9, 0, two}, {9, 0, two}, {9, 0, two}}, TooShort},
	} {
		_, err := Hinge(c.trials, HingeOptions{Slots: 17, Resamples: 20})
		if c.name == "hidden by the queue" {
			_, err = Hinge(c.trials, HingeOptions{Slots: 129, Resamples: 20})
		}
		var no *NoEstimate
		if !errors.As(err, &no) || no.Reason != c.why {
			t.Errorf("%s: %v, want %s", c.name, err, c.why)
			continue
		}
		if no.To > 0 && !(no.From < 400 && no.To > 440) {
			t.Errorf("%s: %v: that range does not hold 400 and what is beyond", c.name, err)
		}
	}
}

// Trials over the advised range give an estimate where the first ones gave none.
func TestTheAdvisedRangeWorks(t *testing.T) {
	for _, first := range [][]float64{{100, 200, 250, 300, 350, 380}, {450, 480, 500, 520, 550, 600},
		{300, 350, 450, 500}} {
		_, err := Hinge(exact(400, 17, 2*time.Second, first...), HingeOptions{Slots: 17})
		var no *NoEstimate
		if !errors.As(err, &no) {
			t.Fatalf("%v: %v", first, err)
		}
		var rates []float64
		for i := range 15 {
			rates = append(rates, no.From+(no.To-no.From)*float64(i)/14)
		}
		f, err := Hinge(exact(400, 17, 2*time.Second, rates...), HingeOptions{Slots: 17, Resamples: 50})
		if err != nil || math.Abs(f.Theta-400) > 2 {
			t.Errorf("%v, then %v to %v: θ %v, %v", first, no.From, no.To, f.Theta, err)
		}
	}
}

func TestHingeRefusesNonsense(t *testing.T) {
	good := exact(400, 17, 2*time.Second, around(400, 15)...)
	for _, c := range []struct {
		trials []Trial
		opt    HingeOptions
		want   string
	}{
		{append(good[:14:14], Trial{5, 6, 1}), HingeOptions{}, "trial 14"},
		{append(good[:14:14], Trial{5, 1, 0}), HingeOptions{}, "trial 14"},
		{good, HingeOptions{Slots: -1}, "negative"},
		{good, HingeOptions{Workers: -1}, "negative"},
		{good, HingeOptions{Resamples: -1}, "negative"},
	} {
		if _, err := Hinge(c.trials, c.opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one on %q", err, c.want)
		}
	}
}

// A queue that hides as much as a server serves is in the advised range too.
func TestTheAdvisedRangeReachesBeyondTheQueue(t *testing.T) {
	_, err := Hinge(exact(40, 129, 4*time.Second, 90, 100, 110, 120), HingeOptions{Slots: 129})
	var no *NoEstimate
	if !errors.As(err, &no) || no.Reason != AllBeyond || no.To < 40+1.5*129/4 {
		t.Errorf("%v; want rates up to well beyond 40 + 129/4", err)
	}
}

// A server that answers nothing is beyond capacity at any rate, with p = 1 where θ = 0.
func TestNothingIsServed(t *testing.T) {
	dead := make([]Trial, 8)
	for i := range dead {
		dead[i] = Trial{uint64(50 * (i + 1)), uint64(50 * (i + 1)), time.Second}
	}
	_, err := Hinge(dead, HingeOptions{})
	var no *NoEstimate
	if !errors.As(err, &no) || no.Reason != AllBeyond || no.To > 1 {
		t.Errorf("%v; want %q and a capacity of 0", err, AllBeyond)
	}
}

// Hostile counts give a finite answer or an error, never NaN and never a panic.
func TestHingeStaysFinite(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 2))
		trials := make([]Trial, r.IntN(20))
		for i := range trials {
			due := r.Uint64N(1 << r.IntN(40))
			trials[i] = Trial{due, r.Uint64N(due + 1), time.Duration(1 + r.Int64N(1<<r.IntN(45)))}
			if r.IntN(3) == 0 {
				trials[i].Bad = []uint64{0, due}[r.IntN(2)]
			}
		}
		f, err := Hinge(trials, HingeOptions{Slots: r.IntN(100), Workers: r.IntN(20), Resamples: 20,
			Seed: seed})
		if err != nil {
			continue
		}
		for _, v := range []float64{f.Theta, f.Low, f.High, f.Epsilon, f.Expected(trials[0])} {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				t.Fatalf("seed %d: %+v", seed, f)
			}
		}
		if f.Low > f.Theta || f.High < f.Theta {
			t.Fatalf("seed %d: θ outside its interval: %+v", seed, f)
		}
	}
}

func BenchmarkHinge(b *testing.B) { // 2000 resamples of 30 noisy trials
	r := rand.New(rand.NewPCG(1, 1))
	trials := exact(400, 17, 2*time.Second, around(400, 30)...)
	for i := range trials {
		trials[i].Bad = min(trials[i].Due, trials[i].Bad+r.Uint64N(12))
	}
	for b.Loop() {
		if _, err := Hinge(trials, HingeOptions{Slots: 17, Workers: 8}); err != nil {
			b.Fatal(err)
		}
	}
}
