package plan

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// stream is PCG's second seed word: a constant, so that a plan is a function of its one Seed.
const stream = 0x9e3779b97f4a7c15

// Due yields each request's position and when it is due, from the plan's beginning, in order.
//
// Constant: request i is due at Λ⁻¹(i), Λ being the cumulative rate; so the first is due at 0 and the
// rate is followed without drift however long the plan is, because nothing is summed from gap to gap.
//
// Poisson: unit exponentials are summed and mapped through Λ⁻¹, which is the inhomogeneous Poisson process of
// that rate (Çinlar 1975; Lewis & Shedler 1979 call it time-scale transformation). The first request is due
// after a gap of its own, and the number of requests is random.
//
// A plan that Validate refuses yields nothing.
func (p Plan) Due() iter.Seq2[int, time.Duration] {
	return func(yield func(int, time.Duration) bool) {
		if p.Validate() != nil {
			return
		}
		if p.Arrival == Poisson {
			p.poisson(yield)
		} else {
			p.constant(yield)
		}
	}
}

// Count returns how many requests Due yields. For Poisson arrivals that is found by walking the
// schedule: some 60 ns a request.
func (p Plan) Count() int {
	if p.Validate() != nil {
		return 0
	}
	if p.Arrival != Poisson {
		return p.constantCount()
	}
	n := 0
	for range p.Due() {
		n++
	}
	return n
}

// constantCount is the number of integers in [0, Λ). 333.00000000000006 is 333 that was rounded: a
// request due in the plan's last nanosecond would be an artefact, so a billionth of a request is forgiven.
func (p Plan) constantCount() int {
	total := p.total()
	return max(1, int(math.Ceil(total-1e-9*max(1, total))))
}

func (p Plan) constant(yield func(int, time.Duration) bool) {
	at := inverse{stages: p.Stages}
	for i := range p.constantCount() {
		if !yield(i, at.when(float64(i))) {
			return
		}
	}
}

func (p Plan) poisson(yield func(int, time.Duration) bool) {
	at := inverse{stages: p.Stages}
	random := rand.New(rand.NewPCG(p.Seed, stream))
	total := p.total()
	y := 0.0
	for i := 0; ; i++ {
		// By inversion, not ExpFloat64: the schedule must not change with the library's choice of algorithm.
		// Float64 is in [0, 1), so the logarithm is finite.
		y -= math.Log(1 - random.Float64())
		if y >= total || !yield(i, at.when(y)) {
			return
		}
	}
}

// inverse evaluates Λ⁻¹ at growing arguments. It remembers which stage it is in, so that a walk over a
// plan costs the same whether it has one stage or thousands.
type inverse struct {
	stages []Stage
	began  time.Duration // when the current stage began
	before float64       // Λ at that moment
	last   time.Duration
}

func (v *inverse) when(y float64) time.Duration {
	for len(v.stages) > 1 && y-v.before >= v.stages[0].count() {
		v.before += v.stages[0].count()
		v.began += v.stages[0].Duration
		v.stages = v.stages[1:]
	}
	// A rounded quotient need not grow with y in its last bit; a schedule must.
	v.last = max(v.last, v.began+v.stages[0].when(y-v.before))
	return v.last
}
