package estimate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Served is a trial as its completions show it: what was offered, and how many good answers a second came
// while the load lasted and the server was no longer filling up (after the first third), counted by when they
// came.
type Served struct {
	Offered, Good float64 // a second
	Grows         bool    // the number in flight grew (Growth.Sustained)
}

// Throughput is what a server does when it is offered more than it can.
type Throughput struct {
	Mu, Low, High float64 // req/s, and the 95 % interval: bootstrap over whole trials, and Allowance
	Epsilon       float64 // share of the offered requests that fail below Mu too
	Beyond        int     // trials that offered more
	Falls         *Fall   // the throughput falls again beyond its peak; nil: it does not
}

// Fall says how far throughput falls beyond its peak: congestion collapse.
type Fall struct {
	Peak, At       float64 // the highest, and the offered rate at which it was
	Lowest, Beyond float64 // the lowest at any higher rate, and that rate
}

const (
	minBeyond = 3   // trials beyond the limit that an interval takes
	minFall   = 0.1 // of the throughput at the limit, below which a fall is noise
)

// Capacity fits x_j = min((1−ε)·L_j, μ) to trials by least squares: good answers follow what is offered up to
// μ and stay there. It needs no number of workers, no service time and no failure, and holds wherever the
// queue is: in the kernel, in a thread pool, in an event loop, or in a limiter that refuses the rest. The
// interval is the percentile bootstrap of whole trials, widened by Allowance on both sides, as Hinge's is.
//
// Where throughput falls beyond its peak, no single μ fits: Falls then has the peak and the fall, Mu is the
// peak's, and its interval reaches from the highest offered rate that was sustained below it to the lowest
// beyond it that was not.
//
// False: fewer than three trials offered more than the server did. The limit is then not known, only that it
// is not below what they offered.
func Capacity(trials []Served, resamples int, seed uint64) (Throughput, bool) {
	all := slices.Clone(trials)
	slices.SortFunc(all, func(a, b Served) int { return cmp.Compare(a.Offered, b.Offered) })
	best := fitServed(all)
	if len(all) < minTrials || best.Beyond < minBeyond {
		return best, false
	}
	if fall := falls(all, best); fall != nil {
		return best.fallen(all, fall), true
	}
	if resamples == 0 {
		resamples = 2000
	}
	r := rand.New(rand.NewPCG(seed, 0x736572766564))
	mus := make([]float64, resamples)
	sample := make([]Served, len(all))
	for i := range mus {
		for j := range sample {
			sample[j] = all[r.IntN(len(all))]
		}
		slices.SortFunc(sample, func(a, b Served) int { return cmp.Compare(a.Offered, b.Offered) })
		mus[i] = fitServed(sample).Mu
	}
	slices.Sort(mus)
	at := func(q float64) float64 { return mus[int(math.Round(q*float64(resamples-1)))] }
	best.Low = max(0, min(at(.025), best.Mu)-Allowance*best.Mu)
	best.High = max(at(.975), best.Mu) + Allowance*best.Mu
	return best, true
}

// fitServed is the best split into trials that follow the offered rate and trials that do not. The trials
// ascend.
func fitServed(all []Served) Throughput {
	var best Throughput
	least := math.Inf(1)
	for k := range len(all) + 1 { // the first k follow
		var offered, good, mu float64
		for _, t := range all[:k] {
			offered, good = offered+t.Offered, good+t.Good
		}
		eps := 0.0
		if offered > 0 {
			eps = max(0, 1-good/offered)
		}
		for _, t := range all[k:] {
			mu += t.Good / float64(len(all)-k)
		}
		if k == len(all) {
			mu = math.Inf(1)
		}
		cost := 0.0
		for _, t := range all {
			d := t.Good - min((1-eps)*t.Offered, mu)
			cost += d * d
		}
		if cost < least {
			least, best = cost, Throughput{Mu: mu, Epsilon: eps, Beyond: len(all) - k}
		}
	}
	return best
}

// falls looks for a throughput that falls with the offered rate: the slope through the trials beyond the
// limit is downwards with 99 % confidence, and by more than noise. The trials are not chosen by their
// throughput, since the highest of some that scatter is always followed by lower ones.
func falls(all []Served, fit Throughput) *Fall {
	beyond := all[len(all)-fit.Beyond:]
	first, last, descends := line99(beyond)
	if !descends || last > (1-minFall)*first {
		return nil
	}
	peak := slices.MaxFunc(all, func(a, b Served) int { return cmp.Compare(a.Good, b.Good) })
	lowest := slices.MinFunc(beyond, func(a, b Served) int { return cmp.Compare(a.Good, b.Good) })
	return &Fall{Peak: peak.Good, At: peak.Offered, Lowest: lowest.Good, Beyond: lowest.Offered}
}

// line99 fits a straight line of good answers over the offered rate: its ends, and whether it descends with
// 99 % confidence.
func line99(all []Served) (first, last float64, descends bool) {
	n := float64(len(all))
	var mx, my, sxx, sxy, syy float64
	for _, t := range all {
		mx, my = mx+t.Offered/n, my+t.Good/n
	}
	for _, t := range all {
		dx, dy := t.Offered-mx, t.Good-my
		sxx, sxy, syy = sxx+dx*dx, sxy+dx*dy, syy+dy*dy
	}
	if sxx == 0 || n < minBeyond {
		return my, my, false
	}
	slope := sxy / sxx
	se := math.Sqrt(max(0, syy-slope*sxy) / (n - 2) / sxx)
	at := func(t Served) float64 { return my + slope*(t.Offered-mx) }
	return at(all[0]), at(all[len(all)-1]), slope+StudentTAt(uint64(n)-2, .98)*se < 0
}

// fallen gives the limit of a server whose throughput falls: between what it sustained and what it did not.
func (x Throughput) fallen(all []Served, fall *Fall) Throughput {
	x.Falls, x.Mu = fall, fall.Peak
	x.Low, x.High = 0, math.Inf(1)
	for _, t := range all {
		switch kept := t.Good >= (1-x.Epsilon)*t.Offered*(1-Tolerance); {
		case kept && !t.Grows && t.Offered <= fall.At*(1+Tolerance):
			x.Low = max(x.Low, t.Good)
		case !kept:
			x.High = min(x.High, t.Offered)
		}
	}
	x.Low = min(x.Low, x.Mu) * (1 - Allowance)
	x.High = max(min(x.High, fall.At), x.Mu) * (1 + Allowance)
	return x
}
