package tally

import "weir/probe"

// Others is what the namespace's overflows say of listeners that are not watched.
type Others struct {
	Overflows uint64 // TcpExtListenOverflows since the first complete listing
	AtLeast   uint64 // of them: more than the watched listeners dropped, so another's. See probe.Attribution
}

// addOthers compares overflows and drops of a complete listing: without one, the drops are older than the counter. The
// probe reads the counter first, so that what it shows is in the drops too.
func (t *Tally) addOthers(s probe.Sample) {
	overflows, known := s.Counters["TcpExtListenOverflows"]
	if !known || probe.Unlisted(s.Errors) || len(t.listeners) >= maxListeners {
		return
	}
	if t.base == nil {
		t.base = &overflows
	}
	own, told := uint64(0), false
	for _, l := range t.listeners {
		own += l.drops - l.begin
		told = told || l.hasDrops
	}
	if told {
		all := rise(*t.base, overflows)
		t.others = &Others{Overflows: all, AtLeast: all - min(all, own)}
	}
}
