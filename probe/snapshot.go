package probe

import (
	"cmp"
	"slices"
	"time"
)

// Snapshot is what is read of a network namespace once before a run and once after it: the two together tell
// what changed meanwhile, and who else dropped packets, without a look at every listener at every tick.
type Snapshot struct {
	// kernel settings of its network namespace, by name
	Sysctls   map[string]string `json:"sysctls,omitempty"`
	Listeners []Listener        `json:"listeners,omitempty"` // all of TCP, by Addr, then Cookie; bounded
}

// TakeSnapshot reads the namespace that cfg names. What cannot be read is left empty: Open of the same cfg
// tells why.
func TakeSnapshot(cfg Config) Snapshot {
	s := Snapshot{Sysctls: Sysctls(cfg)}
	p, err := Open(Config{Pid: cfg.Pid, NetNS: cfg.NetNS, All: true, NoSlow: true})
	if err != nil {
		return s
	}
	defer p.Close()
	read := p.Read(time.Now())
	if slices.ContainsFunc(read.Errors, func(e SourceError) bool { return e.Source == "inet_diag" }) {
		return s // some of them are not all
	}
	for _, l := range read.Listeners {
		if !l.Unix() && l.Drops != nil && len(s.Listeners) < maxSnapshot {
			s.Listeners = append(s.Listeners, l)
		}
	}
	return s
}

// Dropper is an address whose sockets dropped packets.
type Dropper struct {
	Addr  string
	Drops uint64 // sk_drops between the two snapshots, at least
}

// Droppers are the addresses that dropped packets between two snapshots, the most first. A socket that is in
// the second only began at zero, if the first shows all that there were: one without a listener may be of a
// kernel that did not tell them, and one with as many as it holds has left others out. What a socket dropped
// that is in the first only, or in neither, is not known: each number is a lower bound.
func Droppers(before, after Snapshot) (all []Dropper) {
	first := Sample{Listeners: before.Listeners}
	if n := len(before.Listeners); n == 0 || n >= maxSnapshot {
		first.Errors = []SourceError{{Source: "inet_diag"}}
	}
	var a Account
	a.Add(first)
	a.Add(Sample{Listeners: after.Listeners})
	for l := range a.Listeners() {
		if n := value(l.Drops()); n > 0 {
			all = append(all, Dropper{l.Addr, n})
		}
	}
	slices.SortFunc(all, func(a, b Dropper) int {
		return cmp.Or(cmp.Compare(b.Drops, a.Drops), cmp.Compare(a.Addr, b.Addr))
	})
	return all
}
