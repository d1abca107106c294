package probe

import (
	"maps"
	"time"
)

// countersEvery is how long the counters of the namespace may be told again while nothing dropped.
const countersEvery = 50 * time.Millisecond

// countedSources are the tables of the network namespace and the host: netstat, snmp, sockstat, steal. The
// kernel adds up every CPU's share of some 200 counters to print them, which takes 100 µs, twenty times what
// a look at the listener takes. So Run reads them when it matters: whenever the drops of a watched listener
// moved, and else every countersEvery. An overflow of a watched listener is thus in the counters of the very
// sample that shows its drop; what others do is there 50 ms late at most, and the gauge counters.age_us says
// so. Where no listener with drops is seen, they are read each time.
type countedSources struct {
	sources []Source
	kept    Sample // the last reading
	errs    []SourceError
	read    time.Time
	state   dropState // of the listeners when they were looked at last before it
	seen    dropState // and after it
}

// fresh tells whether the last reading will do at now, if nothing dropped since.
func (c *countedSources) fresh(now time.Time) bool {
	return c.seen.known && now.Sub(c.read) < countersEvery
}

// still tells whether nothing dropped.
func (c *countedSources) still(listeners []Listener) bool {
	was := c.state
	c.state = dropStateOf(listeners)
	return c.state == was
}

// note takes what was seen after a reading. A drop that came while the counters were read is not in state, so
// that they are read again with the next sample.
func (c *countedSources) note(listeners []Listener) { c.seen = dropStateOf(listeners) }

// readAll reads them. The listeners are to be looked at afterwards: then no overflow that is in the counters
// is missing in a listener's own drops.
func (c *countedSources) readAll(now time.Time) {
	c.kept = Sample{Counters: make(map[string]uint64, len(Metrics)), Gauges: make(map[string]uint64, 4)}
	c.read, c.errs = now, nil
	for _, source := range c.sources {
		if err := source.Read(&c.kept); err != nil {
			c.errs = append(c.errs, failure(source.Name(), err))
		}
	}
}

// addTo adds the last reading to a sample that was begun at now: the values, and the errors once.
func (c *countedSources) addTo(s *Sample, now time.Time) {
	maps.Copy(s.Counters, c.kept.Counters)
	maps.Copy(s.Gauges, c.kept.Gauges)
	s.Errors = append(s.Errors, c.errs...)
	c.errs = nil
	if age := now.Sub(c.read); age > 0 {
		s.Gauges[CountersAge] = uint64(age.Microseconds())
	}
}

// dropState is another one whenever a listener came, went or dropped something.
type dropState struct {
	sum   uint64
	known bool // a listener tells its drops, and no TCP listener keeps them back
}

func dropStateOf(listeners []Listener) (d dropState) {
	const prime = 1099511628211 // FNV-1a, of words
	for _, l := range listeners {
		switch {
		case l.Drops != nil:
			d.sum = ((d.sum^l.Cookie)*prime ^ uint64(*l.Drops)) * prime
			d.known = true
		case !l.Unix(): // a kernel before 4.9
			return dropState{}
		}
	}
	return d
}
