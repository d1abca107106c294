package analysis

import (
	"fmt"
	"time"

	"weir/report/result"

	"weir/loadgen"
	"weir/report/runfile"
)

// What makes answers come late, or not at all.

// late: an answer came, after the deadline. A lost SYN delays it by a second or more, a long queue by as
// long as its depth takes.
func (k *witness) late() result.Cause {
	c := result.Cause{Code: "slow_response", Evidence: k.counters()}
	late := k.lane.late()
	saw := fmt.Sprintf("%s later than %v", number(late, "answer"), k.lane.Deadline)
	var retrans uint64
	for _, t := range k.lane.trials {
		retrans += t.figures.synRetrans
	}
	lost, told := k.lateBySYN()
	if !told {
		lost = retrans
	}
	switch {
	case k.lane.Mode == runfile.Retrial && value(k.overflows) > 0 && value(k.drops) > 0 && 2*lost > late:
		k.overflow(&c, fmt.Sprintf("%s, after %s", saw, number(retrans, "lost SYN")), func(b *bin) uint64 { return b.late })
		c.EvidenceLevel = min(c.EvidenceLevel, 1)
	case k.queued() > k.lane.Deadline: // the wait in the queue alone explains the others
		k.tooLong(&c, saw)
		if lost > 0 {
			c.Evidence = append(c.Evidence, fmt.Sprintf("SYNs that were sent again made %d of them late by themselves", min(lost, late)))
		}
	case k.lane.Mode == runfile.Retrial && retrans == 0 && k.queue.full && float64(value(k.overflows)) >= explained*float64(late):
		// The client lost no SYN, so those that were dropped were a proxy's.
		k.overflow(&c, saw+": the proxy's SYNs were sent again", func(b *bin) uint64 { return b.late })
		c.EvidenceLevel = min(c.EvidenceLevel, 1)
	case k.lane.Mode == runfile.Retrial && float64(max(retrans, value(k.overflows))) >= (1-explained)*float64(late):
		c.Code = undetermined
		c.Text = fmt.Sprintf("The client saw %s. Lost SYNs delayed some of them (%d of the client's own were sent again, and the accept queue overflowed %s), which does not account for all; something else took part.",
			saw, retrans, often(value(k.overflows)))
	default:
		c.Text = fmt.Sprintf("The client saw %s, and the queue was not seen long enough for that: the backend was slow.", saw)
	}
	return c
}

// lateBySYN is how many answers were late by lost SYNs alone: it took longer than the deadline to connect. False where the
// record does not have that of single connections.
func (k *witness) lateBySYN() (n uint64, told bool) {
	for _, c := range k.lane.connects {
		if told = true; c.Count > 0 && c.Sum/time.Duration(c.Count) > k.lane.Deadline {
			n += c.Count
		}
	}
	return n, told
}

// queued is how long the last request of the longest queue that was seen had to wait for its answer,
// depth ÷ μ + S; 0 where it is not known, or nothing was seen in the queue.
func (k *witness) queued() time.Duration {
	if k.queue.depth == nil || *k.queue.depth == 0 || k.capacity.rate == 0 {
		return 0
	}
	return time.Duration(float64(*k.queue.depth)/k.capacity.rate*1e9) + k.capacity.mean
}

func (k *witness) tooLong(c *result.Cause, saw string) {
	c.Code = "queued_too_long"
	c.Text = fmt.Sprintf("The client saw %s: with %s in the accept queue a request waited up to %v. A smaller backlog would refuse what cannot be served in time.",
		saw, number(uint64(*k.queue.depth), "connection"), k.queued().Round(time.Millisecond))
}

func (k *witness) slow() result.Cause {
	c := result.Cause{Code: "slow_response", Evidence: k.counters()}
	n := k.failures.sum(bySlow)
	saw := fmt.Sprintf("no answer to %s within %v of connecting", number(n, "request"), k.lane.Timeout)
	share, text, known := k.run.starved(k.lane)
	switch {
	case k.queued() > k.lane.Timeout && k.mayBeUnconnected():
		k.overflow(&c, fmt.Sprintf("no answer to %s within %v", number(n, "request"), k.lane.Timeout), func(b *bin) uint64 { return b.due[loadgen.ResponseTimeout] })
		c.Text += fmt.Sprintf(" Which of them had a place in the queue and waited there, up to %v, and which the proxy never got a connection for, its access log tells (--nginx-access-log).", k.queued().Round(time.Millisecond))
		c.EvidenceLevel = min(c.EvidenceLevel, 1)
		return c
	case k.queued() > k.lane.Timeout:
		c.Code = "dead_work"
		c.Text = fmt.Sprintf("The client saw %s and had gone when its turn came: with %s in the accept queue a request waited up to %v, and the workers served what nobody waited for (dead work). A smaller backlog would refuse it in time.",
			saw, number(uint64(*k.queue.depth), "connection"), k.queued().Round(time.Millisecond))
		return c
	case known && share >= starvedRun:
		c.Code = starved
		c.Text = fmt.Sprintf("The client saw %s: the workers had no processor to work with.", saw)
		c.Evidence = append(c.Evidence, text)
		return c
	case k.proxied() && k.lane.Mode == runfile.Retrial && float64(value(k.overflows)) >= (1-explained)*float64(n):
		c.Code = undetermined
		c.Text = fmt.Sprintf("The client saw no answer to %s within %v. The accept queue overflowed %s: the proxy's SYNs that were sent again may have taken the time, or the backend was slow.", number(n, "request"), k.lane.Timeout, often(*k.overflows))
		return c
	}
	c.Text = fmt.Sprintf("The client saw %s, and the queue was not seen long enough for that: the backend was slow.", saw)
	return c
}

// mayBeUnconnected reports whether more than a few of the requests that had no answer may have had no place in the queue
// either: behind a proxy the client's own connection does not tell, and the proxy's access log was not read.
func (k *witness) mayBeUnconnected() bool {
	if k.lane.Mode != runfile.Retrial || !k.proxied() || float64(min(value(k.overflows), value(k.drops))) < (1-explained)*float64(k.failures.sum(bySlow)) {
		return false
	}
	for _, t := range k.lane.trials {
		if _, access := k.run.log(t); len(access) > 0 {
			return false
		}
	}
	return true
}
