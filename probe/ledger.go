package probe

// Ledger keeps account of one host's drops, sample by sample: which of the namespace's ListenOverflows the
// watched listeners can have caused themselves. It is a pure function of the samples, given in the order
// of At.
//
// A listener is a socket, known by its cookie. One that was there in the first listing counts from
// there, a later one from zero, because the kernel made it at zero; what it dropped stays in the account
// when it is gone, but for what happened after its last sample. An address adds up its sockets: the members
// of an SO_REUSEPORT group, and those that a restart replaced. The kernel's counter has 32 bits and may
// pass zero.
//
// A sample in which inet_diag failed is no listing, and not the end of any listener.
type Ledger struct {
	overflows, drops monotone
	sockets          map[uint64]*account // by cookie, those that are listening
	addresses        map[string]*Own
	order            []string
	listed           bool
}

type account struct {
	addr  string
	drops uint32
}

// Own is the account of an address.
type Own struct {
	Addr     string
	Drops    *uint64 // sk_drops of all its sockets since the first sample; nil where the kernel does not tell
	Sockets  int     // that listen now
	Came     int     // sockets that were not there in the first listing
	Went     int     // sockets that were there and are not
	Restarts int     // how often none of the sockets before was left: a restarted server, not a group that grew
	had      bool    // it has had a socket
}

// monotone adds up a counter that may begin anew, when a restarted container is read through the same probe.
type monotone struct {
	last, total uint64
	seen        bool
	resets      int
}

func (m *monotone) add(v uint64, ok bool) {
	switch {
	case !ok:
		return
	case m.seen && v < m.last:
		m.total += v
		m.resets++
	case m.seen:
		m.total += v - m.last
	}
	m.last, m.seen = v, true
}

func (m *monotone) value() *uint64 {
	if !m.seen {
		return nil
	}
	v := m.total
	return &v
}

// Add enters a sample of the host.
func (l *Ledger) Add(s Sample) {
	v, ok := s.Counters["TcpExtListenOverflows"]
	l.overflows.add(v, ok)
	v, ok = s.Counters["TcpExtListenDrops"]
	l.drops.add(v, ok)
	if Unlisted(s.Errors) {
		return
	}
	if l.sockets == nil {
		l.sockets, l.addresses = make(map[uint64]*account), make(map[string]*Own)
	}
	l.list(s.Listeners)
	l.listed = true
}

func (l *Ledger) list(listeners []Listener) {
	kept, came := map[string]int{}, map[string]int{}
	now := make(map[uint64]*account, len(listeners))
	for _, x := range listeners {
		own := l.own(x.Addr)
		was := l.sockets[x.Cookie]
		if was == nil || was.addr != x.Addr {
			was = &account{addr: x.Addr}
			came[x.Addr]++
			if !l.listed && x.Drops != nil {
				was.drops = *x.Drops // from before our time
			}
		} else {
			kept[x.Addr]++
		}
		if x.Drops != nil {
			if own.Drops == nil {
				own.Drops = new(uint64)
			}
			*own.Drops += uint64(*x.Drops - was.drops)
			was.drops = *x.Drops
		}
		now[x.Cookie] = was
	}
	for _, own := range l.addresses {
		had, n := own.Sockets, kept[own.Addr]
		own.Went += had - n
		if l.listed {
			own.Came += came[own.Addr]
		}
		if own.had && n == 0 && came[own.Addr] > 0 {
			own.Restarts++
		}
		own.Sockets = n + came[own.Addr]
		own.had = own.had || own.Sockets > 0
	}
	l.sockets = now
}

func (l *Ledger) own(addr string) *Own {
	own := l.addresses[addr]
	if own == nil {
		own = &Own{Addr: addr}
		l.addresses[addr] = own
		l.order = append(l.order, addr)
	}
	return own
}

// Attribution is the state of the account.
type Attribution struct {
	Overflows *uint64 // ListenOverflows of the namespace since the first sample; nil where never seen
	Drops     *uint64 // ListenDrops
	Resets    int     // how often the namespace's counters began anew
	Own       []Own   // in the order in which the addresses were first seen
	OwnDrops  *uint64 // of all of them; nil where none tells

	// Others is how many of the overflows another listener must have caused, at least: every overflow of a
	// listener is also one of its own drops, or two (the final ACK's), and it has drops that are no
	// overflows (a full SYN queue's, the bare ACKs of TCP_DEFER_ACCEPT). nil where either is not known.
	Others *uint64
}

// Attribution returns the account as of the last sample. It shares no memory with the ledger.
func (l *Ledger) Attribution() Attribution {
	a := Attribution{Overflows: l.overflows.value(), Drops: l.drops.value(), Resets: max(l.overflows.resets, l.drops.resets)}
	for _, addr := range l.order {
		own := *l.addresses[addr]
		if own.Drops != nil {
			v := *own.Drops
			own.Drops = &v
			if a.OwnDrops == nil {
				a.OwnDrops = new(uint64)
			}
			*a.OwnDrops += v
		}
		a.Own = append(a.Own, own)
	}
	if a.Overflows != nil && a.OwnDrops != nil {
		others := *a.Overflows - min(*a.Overflows, *a.OwnDrops)
		a.Others = &others
	}
	return a
}
