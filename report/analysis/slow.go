package analysis

import (
	"time"

	"weir/probe"
	"weir/report/runfile"
)

// slowReading is what the probe's slow sources said at once, some time between from and to. It is read twice a second and
// rides on the samples that follow (package probe), up to half a second older than they are: of the tenth of a second
// between two trials it mostly tells nothing, and a sample of a trial's beginning has what was before it.
type slowReading struct {
	from, to time.Duration
	counters counters // those of slow sources are meant
}

// maxSlowTime bounds what is believed of the times at which slow sources were read: a year.
const maxSlowTime = uint64(365 * 24 * time.Hour / time.Microsecond)

// sameSlow is how far the times of one reading may lie apart: those of another host move with what is known of its clock.
// Two readings are no nearer than 0.45 s.
const sameSlow = 200 * time.Millisecond

// readSlowly notes the reading that a sample carries, each once. One of before the epoch has no time that a gauge can hold.
// Where a sample says nothing of it, its counters are taken for the sample's own.
func (r *run) readSlowly(rec *probe.Sample, counters counters) {
	at, timed := rec.Gauges[probe.SlowAt]
	took, early := rec.Gauges[probe.SlowTook]
	read := slowReading{from: rec.At, to: rec.At, counters: counters}
	switch {
	case timed && at <= maxSlowTime && took <= maxSlowTime:
		read.from = time.Duration(at) * time.Microsecond
		read.to = read.from + time.Duration(took)*time.Microsecond
	case timed:
		return // of this we cannot make sense
	case early:
		read.from, read.to = 0, 0
	}
	all := r.slow[rec.Host]
	if n := len(all); timed && n > 0 && (read.from-all[n-1].from).Abs() < sameSlow {
		return
	}
	told := counters.of(listenerRunDelay).Known || counters.of(throttled).Known || counters.of(listenerCPU).Known
	if n := len(all); told && (n == 0 || all[n-1].from != read.from) {
		r.slow[rec.Host] = append(all, read)
	}
}

// inside are the first and the last reading of slow sources that lie wholly within a trial, until it had come to rest or
// the next began: what is read from them is the trial's, and of nothing that was before or after it. false where there
// are not two, as in a trial of less than a second.
func (r *run) inside(t *trial) (first, last slowReading, ok bool) {
	s := r.slow[t.lane.ListenerHost]
	end := t.until
	if t.end != nil {
		end = min(end, max(t.end.End, t.end.DrainedAt))
	}
	from := search(s, func(x slowReading) bool { return x.from >= t.Start })
	to := from
	for to < len(s) && s[to].to <= end {
		to++
	}
	if to-from < 2 {
		return slowReading{}, slowReading{}, false
	}
	return s[from], s[to-1], true
}

// sentBetween is how many of the trial's requests were sent between two times; of a bin that lies on an edge its share.
func (t *trial) sentBetween(from, to time.Duration) float64 {
	var ns uint64 // whole numbers: their sum is the same in any order
	for at, b := range t.bins {
		if part := min(at+runfile.BinWidth, to) - max(at, from); part > 0 {
			ns += b.sent * uint64(part)
		}
	}
	return float64(ns) / float64(runfile.BinWidth)
}
