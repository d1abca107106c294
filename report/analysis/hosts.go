package analysis

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"weir/probe"
	"weir/report/result"
)

// host is what a probed host's samples and snapshots come to, over the whole run.
type host struct {
	account probe.Account
	most    map[string]uint64 // the highest value of each of hostGauges that was seen
	looks   []probe.Snapshot  // in the order of the record: before the load, and after it
	unread  map[string]*unread
	clocks  clocks // of a probe on another machine
	traced  traced
}

// unread is a source that could not be read.
type unread struct {
	probe.SourceError // the first
	at                time.Duration
	times             int
}

// maxUnread bounds the sources of a host whose failures are told.
const maxUnread = 32

// hostGauges are the levels of which the highest is shown.
var hostGauges = []string{"tcp.towards.syn_sent", "tcp.towards.time_wait", "tcp.towards.established",
	"ports.used", "ports.range", "listen.syn_recv", "listen.depth"}

// host is the one of that name, which is made where it is new.
func (r *run) host(name string) *host {
	if r.hosts == nil {
		r.hosts = map[string]*host{}
	}
	h := r.hosts[name]
	if h == nil {
		h = &host{most: map[string]uint64{}, unread: map[string]*unread{}}
		r.hosts[name] = h
	}
	return h
}

func (h *host) sample(rec *probe.Sample) {
	h.account.Add(*rec)
	h.traced.sample(rec)
	for _, name := range hostGauges {
		if v, ok := rec.Gauges[name]; ok {
			h.most[name] = max(h.most[name], v)
		}
	}
	for _, e := range rec.Errors {
		f := h.unread[e.Source]
		if f == nil && len(h.unread) < maxUnread {
			f = &unread{SourceError: e, at: rec.At}
			h.unread[e.Source] = f
		}
		if f != nil {
			f.times++
			f.Lost = f.Lost || e.Lost
		}
	}
}

// notKnown is what could not be read of the host, one for each source.
func (h *host) notKnown() (list []result.Args) {
	for _, source := range slices.Sorted(maps.Keys(h.unread)) {
		f := h.unread[source]
		args := result.Args{"what": f.String()}
		if !f.Lost {
			args["readings"], args["at"] = f.times, f.at
		}
		list = append(list, args)
	}
	return list
}

// changes is the first look against the last. One that was never taken, because the run was killed, shows
// nothing.
func (h *host) changes() (sysctls []probe.SysctlChange, droppers []probe.Dropper) {
	if len(h.looks) < 2 {
		return nil, nil
	}
	first, last := h.looks[0], h.looks[len(h.looks)-1]
	return probe.SysctlChanges(first.Sysctls, last.Sysctls), probe.Droppers(first, last)
}

// others are the addresses that dropped packets and are not those watched.
func (h *host) others() (list []result.OtherListener) {
	_, droppers := h.changes()
	for _, d := range droppers {
		if !h.account.State(d.Addr).Listened() { // not one of those watched
			list = append(list, result.OtherListener{Addr: d.Addr, Drops: d.Drops})
		}
	}
	return list
}

// reportHosts is what the report shows of every host that was probed.
func (r *run) reportHosts() []result.Host {
	list := []result.Host{}
	for _, name := range slices.Sorted(maps.Keys(r.hosts)) {
		h := r.hosts[name]
		sum := h.account.Sum()
		out := result.Host{
			Name: name, Overflows: sum.Namespace, OwnDrops: sum.Drops, OthersAtLeast: sum.Others,
			Others:  h.others(),
			SYNSent: h.level("tcp.towards.syn_sent"), TimeWait: h.level("tcp.towards.time_wait"),
			Established: h.level("tcp.towards.established"),
			PortsUsed:   h.level("ports.used"), PortsRange: h.level("ports.range"),
			SYNQueue: h.level("listen.syn_recv"), Waiting: h.level("listen.depth"),
			Restarts: []result.Restart{}, SysctlChanges: []result.SysctlChange{}, Clock: h.clocks.report(),
			Traced: h.traced.report(),
		}
		if out.Others == nil {
			out.Others = []result.OtherListener{}
		}
		for l := range h.account.Listeners() {
			if l.Restarts > 0 {
				out.Restarts = append(out.Restarts, result.Restart{Addr: l.Addr, Times: l.Restarts})
			}
		}
		sysctls, _ := h.changes()
		for _, c := range sysctls {
			out.SysctlChanges = append(out.SysctlChanges, result.SysctlChange(c))
		}
		list = append(list, out)
	}
	return list
}

func (h *host) level(name string) *uint64 {
	v, ok := h.most[name]
	if !ok {
		return nil
	}
	return &v
}

// manyPorts is the share of a host's local ports beyond which it is said that they run short.
const manyPorts = 0.9

// doubtHosts warns of what changed under the run's feet.
func (r *run) doubtHosts() {
	for _, name := range slices.Sorted(maps.Keys(r.hosts)) {
		for _, args := range r.hosts[name].notKnown() {
			args["host"] = name
			r.warn("source_failed", "", args)
		}
	}
	for _, h := range r.reportHosts() {
		for _, c := range h.SysctlChanges {
			r.warn("sysctl_changed", "", result.Args{"host": h.Name, "name": c.Name, "before": c.Before,
				"after": c.After})
		}
		for _, s := range h.Restarts {
			r.warn("listener_restarted", "", result.Args{"host": h.Name, "addr": s.Addr, "times": s.Times})
		}
		if h.PortsUsed != nil && value(h.PortsRange) > 0 &&
			float64(*h.PortsUsed) >= manyPorts*float64(*h.PortsRange) {
			r.warn("ports_short", "", result.Args{"host": h.Name, "used": *h.PortsUsed,
				"range": *h.PortsRange})
		}
	}
}

// traced is what eBPF saw at a host, from the first sample to the last, beside what the sampled queue comes
// to.
type traced struct {
	first, last map[string]uint64
	at          time.Duration // of the last sample
	depth       uint64        // of all watched TCP queues in it
	queued      float64       // connections × seconds, since the first
}

// longGap is a time between two samples in which nobody knows how long the queue was.
const longGap = time.Second

func (t *traced) sample(rec *probe.Sample) {
	now := probe.TraceCounters(rec.Counters)
	if now == nil {
		return
	}
	if t.first == nil {
		t.first = now
	} else if passed := rec.At - t.at; passed > 0 && passed < longGap {
		t.queued += float64(t.depth) * passed.Seconds()
	}
	t.last, t.at, t.depth = now, rec.At, 0
	for _, l := range rec.Listeners {
		if !l.Unix() {
			t.depth += uint64(l.Depth)
		}
	}
}

// between is what happened since the first sample; nil where nothing is traced.
func (t *traced) between() *probe.Traces { return probe.TracesBetween(t.first, t.last) }

func (t *traced) report() *result.Traced {
	got := t.between()
	if got == nil {
		return nil
	}
	out := &result.Traced{Accepts: got.Accepts, Unaccounted: got.Unaccounted, ReceivedRST: got.ReceivedRST,
		SentRST: []result.SentRST{}}
	if got.Accepts > 0 {
		quantile := func(q float64) float64 { return got.Quantile(q).Seconds() }
		out.Wait = &result.TraceWait{
			Mean: got.Wait.Seconds() / float64(got.Accepts), P50: quantile(0.5), P90: quantile(0.9),
			P99: quantile(0.99), Max: quantile(1),
		}
		byRecvQ := t.queued / float64(got.Accepts+got.Unaccounted)
		out.ByRecvQ = &byRecvQ
	}
	for _, r := range resets(got) {
		out.SentRST = append(out.SentRST, result.SentRST{For: string(r.For), Reason: r.Reason,
			Count: got.SentRST[r]})
	}
	return out
}

// resets are the kinds of RSTs that were sent, the most first.
func resets(t *probe.Traces) []probe.RST {
	return slices.SortedFunc(maps.Keys(t.SentRST), func(a, b probe.RST) int {
		return cmp.Or(cmp.Compare(t.SentRST[b], t.SentRST[a]), cmp.Compare(a.For, b.For),
			cmp.Compare(a.Reason, b.Reason))
	})
}

// refused is how many RSTs the kernel sent for the watched listeners, refusing handshakes; nil where nothing
// is traced. That there was none is worth as much, because a reset is what most people take an overflow for.
func (t *traced) refused() *uint64 {
	got := t.between()
	if got == nil {
		return nil
	}
	n := uint64(0)
	for r, count := range got.SentRST {
		if r.For == probe.RSTForListener {
			n += count
		}
	}
	return &n
}
