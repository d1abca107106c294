package probe

// tally adds up counters whose owners come and go, threads or cgroups, into a sum that never goes back:
// each counts from when it was first seen, and what it had counted stays when it is gone. The work of an
// owner that came and went between two readings is not seen.
type tally[K comparable] struct {
	last  map[K]tallied
	round uint64
	total uint64
}

type tallied struct{ value, round uint64 }

// add notes an owner's counter. One that went back is another owner with a number that was used before.
func (t *tally[K]) add(owner K, value uint64) {
	if t.last == nil {
		t.last = make(map[K]tallied)
	}
	if was, ok := t.last[owner]; ok && value >= was.value {
		t.total += value - was.value
	}
	t.last[owner] = tallied{value, t.round}
}

// sum ends a round of adds, forgets the owners that were not in it, and returns the total.
func (t *tally[K]) sum() uint64 {
	for owner, was := range t.last {
		if was.round != t.round {
			delete(t.last, owner)
		}
	}
	t.round++
	return t.total
}
