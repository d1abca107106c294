package cause

import (
	"cmp"
	"maps"
	"slices"

	"weir/loadgen"
	"weir/probe/nginxlog"
	"weir/report/result"
)

// counters are evidence that is always shown, whatever the cause.
func (m *matter) counters() []result.Finding {
	k, q := &m.Kernel, &m.Queue
	out := []result.Finding{}
	add := func(code result.Code, args result.Args) { out = append(out, result.Found(code, args)) }
	add("count_namespace_overflows", result.Args{"n": k.Namespace})
	if value(k.Overflows) < value(k.Namespace) {
		add("count_own_overflows", result.Args{"n": k.Overflows})
		if len(k.Others) > 0 {
			add("count_others", result.Args{"others": m.otherListeners()})
		}
	}
	add("count_drops", result.Args{"n": k.Drops})
	if value(k.Deferred) > 0 {
		add("count_deferred", result.Args{"n": k.Deferred})
	}
	add("count_listen_drops", result.Args{"n": k.ListenDrops})
	if k.RSTs != nil {
		add("count_rsts", result.Args{"n": *k.RSTs, "none": *k.RSTs == 0, "some": *k.RSTs > 0})
	}
	if q.Depth != nil && q.Limit != nil {
		code := result.Code("recvq_not_full")
		switch {
		case q.Full && q.FullLimit != *q.Limit:
			code = "recvq_full_of_another_limit"
		case q.Full:
			code = "recvq_full"
		}
		add(code, result.Args{"depth": *q.Depth, "limit": *q.Limit, "full": q.FullLimit})
	}
	return out
}

// expired says which timeout the proxy's 504s are.
func (m *matter) expired() result.Finding {
	e := m.Proxy.Expired
	return result.Found("evidence_expired", result.Args{
		"alike": e.Alike, "sampled": e.Sampled, "after": e.After, "directive": e.Directive,
		"source": e.Source,
	})
}

// args are what the sentences about a matter may name. What is not known is absent.
func (m *matter) args() result.Args {
	k := &m.Kernel
	args := result.Args{
		"n": m.n, "saw": m.saw(), "deadline": m.Deadline, "timeout": m.Timeout, "proxied": m.Proxied,
		"overflows": k.Overflows, "namespace": k.Namespace, "drops": k.Drops, "syn_drops": m.synDrops(),
		"others": m.otherListeners(), "retransmits": m.SYNRetrans, "depth": m.Queue.Depth,
		"no_port": m.failed.Outcomes[loadgen.NoLocalPort],
	}
	if limit := m.Queue.Limit; m.Queue.Full || limit != nil {
		if m.Queue.Full { // another socket at its address may have another limit
			limit = &m.Queue.FullLimit
		}
		args["backlog"], args["room"] = *limit, uint64(*limit)+1
	}
	if anyOverflow(m) {
		args["also_overflowed"] = *k.Overflows
	}
	if d := m.waited(); d > 0 {
		args["waited"] = d
	}
	if m.Capacity.Rate > 0 {
		args["capacity"] = m.Capacity.Rate
	}
	if n := m.Outcomes[loadgen.Canceled]; n > 0 {
		args["canceled"] = n
	}
	switch class := m.log.most[m.log.top]; {
	case m.log.proved:
		args["reason"] = logReason(class)
	case readTimedOut(m):
		args["reason"] = logReason(nginxlog.ReadTimeout)
	}
	// What most people expect of an overflow, where it did not happen.
	saw := m.Outcomes
	resets := saw[loadgen.ConnectReset] + saw[loadgen.ResetBeforeResponse] + saw[loadgen.ResetMidResponse]
	args["no_502"] = saw[loadgen.HTTP502] == 0 && resets > 0
	args["no_reset_no_502"] = saw[loadgen.HTTP502] == 0 && resets == 0
	return args
}

// saw is how the failures ended, the most frequent first.
func (m *matter) saw() (list []result.Finding) {
	counts := m.failed.Outcomes
	for _, o := range slices.SortedFunc(maps.Keys(counts), func(a, b loadgen.Outcome) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	}) {
		if counts[o] > 0 {
			args := result.Args{"n": counts[o], "outcome": string(o)}
			list = append(list, result.Found("outcome_count", args))
		}
	}
	return list
}

// maxOthers bounds how many listeners are named in a sentence.
const maxOthers = 3

// otherListeners names those that dropped something.
func (m *matter) otherListeners() (list []result.Finding) {
	for i, o := range m.Kernel.Others {
		if i == maxOthers {
			return append(list, result.Finding{Code: "and_others"})
		}
		list = append(list, result.Found("listener_dropped", result.Args{"addr": o.Addr, "n": o.Drops}))
	}
	return list
}
