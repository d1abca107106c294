package search

import "time"

// Lasting is how much of a load that held a goal holds for ever: a trial begins with an empty queue, and what
// that took in the server did not have to serve. Slots is C, the places of the queue; deadline is how late an
// answer may be before it counts as bad. Either is 0 where it is not known or there is none, and with neither
// nothing is known: false.
//
// In T seconds a share g lost and no more, L·T·(1−g) ≤ μT + C, as the queue holds no more than C at the end;
// and L·T·(1−g) ≤ μ(T + D), as what was answered well was answered D after the trial at the latest. What
// lasts with that loss is μ/(1−g), so that the better of L − C/(T·(1−g)) and L·T/(T+D) is its lower bound.
func (s Spec) Lasting(g Goal, load float64, slots int, deadline time.Duration) (rate float64, known bool) {
	if load <= 0 || s.Trial <= 0 {
		return 0, false
	}
	if slots > 0 {
		rate, known = load-float64(slots)/(s.Trial.Seconds()*(1-g.LossRatio)), true
	}
	if deadline > 0 {
		rate, known = max(rate, load*s.Trial.Seconds()/(s.Trial+deadline).Seconds()), true
	}
	return max(0, rate), known
}

// Telling reports whether trials were long enough to tell an overload of the search's width from a load that
// lasts: whether the bounds' rest, of which nothing is known, is no wider than it.
func (s Spec) Telling(b Bounds, lasting float64) bool {
	return b.Lower-lasting <= s.Width*b.Upper
}

// Enough is how long trials have to be to tell that at a load (req/s).
func (s Spec) Enough(load float64, slots int, deadline time.Duration) time.Duration {
	need := time.Duration(float64(slots) / (s.Width * load) * float64(time.Second))
	if byDeadline := time.Duration(float64(deadline) * (1 - s.Width) / s.Width); deadline > 0 &&
		(slots == 0 || byDeadline < need) {
		need = byDeadline
	}
	return need
}
