package probe

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"weir/scenarios/lab/labtest"
)

func dropsOf(n uint32) *uint32 { return &n }

// seen is a sample with the namespace's overflows and some listeners.
func seen(overflows uint64, listeners ...Listener) Sample {
	return Sample{Counters: map[string]uint64{ListenOverflows: overflows}, Listeners: listeners}
}

// without is the same sample with a source that failed.
func without(source string, s Sample) Sample {
	s.Errors = append(s.Errors, SourceError{Source: source, Text: "timeout"})
	return s
}

// show writes what happened as "overflows of the namespace, own drops, own overflows, others' overflows";
// "-": not known.
func show(b Between) string {
	var texts []string
	for _, n := range []*uint64{b.Namespace, b.Drops, b.Overflows, b.Others} {
		text := "-"
		if n != nil {
			text = fmt.Sprint(*n)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

// TestAccount: each row is the samples of a host, what happened at the address "a" from the first to the
// last, and from the last but one (show), what happened at all of its listeners (show), and how many sockets
// came and restarts there were.
func TestAccount(t *testing.T) {
	a := func(cookie uint64, drops uint32) Listener {
		return Listener{Addr: "a", Cookie: cookie, Limit: 16, Drops: &drops}
	}
	b := func(drops uint32) Listener { return Listener{Addr: "b", Cookie: 99, Drops: &drops} }
	const unseen, noUnix = "inet_diag", "unix_diag"
	for _, test := range []struct {
		name              string
		samples           []Sample
		whole, last, host string
		came, restarts    int
	}{
		{"nothing happened", []Sample{seen(7, a(1, 3)), seen(7, a(1, 3))},
			"0 0 0 0", "0 0 0 0", "0 0 0 0", 0, 0},
		{"all its own", []Sample{seen(7, a(1, 3)), seen(17, a(1, 13))},
			"10 10 10 0", "10 10 10 0", "10 10 10 0", 0, 0},
		{"another listener did it", []Sample{seen(7, a(1, 3)), seen(17, a(1, 3))},
			"10 0 0 10", "10 0 0 10", "10 0 0 10", 0, 0},
		{"a quarter is its own", []Sample{seen(0, a(1, 0)), seen(8, a(1, 2))},
			"8 2 2 6", "8 2 2 6", "8 2 2 6", 0, 0},
		{"both are watched", []Sample{seen(0, a(1, 0), b(9)), seen(8, a(1, 2), b(15))},
			"8 2 2 6", "8 2 2 6", "8 8 8 0", 0, 0},
		{"the final ACK's two drops", []Sample{seen(0, a(1, 0)), seen(5, a(1, 10))},
			"5 10 5 0", "5 10 5 0", "5 10 5 0", 0, 0},
		{"drops pass 2^32", []Sample{seen(0, a(1, math.MaxUint32-1)), seen(4, a(1, 2))},
			"4 4 4 0", "4 4 4 0", "4 4 4 0", 0, 0},
		{"one passes and one is new", []Sample{seen(0, a(1, math.MaxUint32-1)), seen(9, a(1, 3), a(9, 4))},
			"9 9 9 0", "9 9 9 0", "9 9 9 0", 1, 0},
		{"restarted: the new socket began at 0",
			[]Sample{seen(100, a(1, 50)), seen(110, a(1, 60)), seen(113, a(2, 3))},
			"13 13 13 0", "3 3 3 0", "13 13 13 0", 1, 1},
		{"restarted, and drops nothing", []Sample{seen(0, a(1, 7)), seen(500, a(1, 507)), seen(500, a(2, 0))},
			"500 500 500 0", "0 0 0 0", "500 500 500 0", 1, 1},
		{"restarted with a gap",
			[]Sample{seen(0, a(1, 5)), seen(2, a(1, 7)), seen(2), seen(2), seen(3, a(2, 1))},
			"3 3 3 0", "1 1 1 0", "3 3 3 0", 1, 1},
		{"restarted twice", []Sample{seen(0, a(1, 7)), seen(1, a(1, 8)), seen(3, a(2, 2)), seen(7, a(3, 4))},
			"7 7 7 0", "4 4 4 0", "7 7 7 0", 2, 2},
		{"gone, and none took its place", []Sample{seen(0, a(1, 7)), seen(500, a(1, 507)), seen(500)},
			"500 500 500 0", "0 0 0 0", "500 500 500 0", 0, 0},
		{"what is gone drops no more", []Sample{seen(0, a(1, 7)), seen(0), seen(4)},
			"4 0 0 4", "4 0 0 4", "4 0 0 4", 0, 0},
		{"started late", []Sample{seen(0), seen(4, a(9, 4)), seen(5, a(9, 5))},
			"5 5 5 0", "1 1 1 0", "5 5 5 0", 1, 0},
		{"came and went", []Sample{seen(0), seen(5, a(1, 5)), seen(5)},
			"5 5 5 0", "0 0 0 0", "5 5 5 0", 1, 0},
		{"a group adds up", []Sample{seen(0, a(1, 1), a(2, 2)), seen(6, a(1, 4), a(2, 5))},
			"6 6 6 0", "6 6 6 0", "6 6 6 0", 0, 0},
		{"a group's member goes and one comes",
			[]Sample{seen(0, a(1, 1), a(2, 2)), seen(6, a(1, 4), a(2, 5)), seen(8, a(2, 6), a(3, 1))},
			"8 8 8 0", "2 2 2 0", "8 8 8 0", 1, 0},
		{"no listing is no restart",
			[]Sample{seen(100, a(1, 5)), without(unseen, seen(130)), seen(140, a(1, 45))},
			"40 40 40 0", "10 - 10 -", "40 40 40 0", 0, 0},
		{"a restart behind no listing",
			[]Sample{seen(0, a(1, 5)), without(unseen, seen(3)), seen(9, a(2, 4))},
			"9 4 4 5", "6 - 6 -", "9 4 4 5", 1, 1},
		{"part of a listing",
			[]Sample{seen(0, a(1, 5), a(2, 5)), without(unseen, seen(3, a(2, 8))), seen(6, a(1, 8), a(2, 8))},
			"6 6 6 0", "3 - 3 -", "6 6 6 0", 0, 0},
		{"the first listing came late",
			[]Sample{without(unseen, seen(130)), seen(140, a(1, 45)), seen(141, a(1, 46))},
			"11 - 11 -", "1 1 1 0", "11 1 1 0", 0, 0},
		{"the first listing failed", []Sample{without(unseen, seen(0, a(1, 7))), seen(5, a(1, 9))},
			"5 - 5 -", "5 - 5 -", "5 2 0 0", 0, 0},
		{"the last listing failed", []Sample{seen(0, a(1, 7)), seen(2, a(1, 9)), without(unseen, seen(8))},
			"8 - 8 -", "6 - 6 -", "8 2 2 0", 0, 0},
		{"no listing is complete",
			[]Sample{without(unseen, seen(0, a(1, 7))), without(unseen, seen(2, a(1, 9)))},
			"2 - 2 -", "2 - 2 -", "2 2 0 0", 0, 0},
		{"unix sockets are never listed",
			[]Sample{without(noUnix, seen(0, a(1, 7))), without(noUnix, seen(3, a(1, 10))),
				without(noUnix, seen(9, a(1, 16)))},
			"9 9 9 0", "6 6 6 0", "9 9 9 0", 0, 0},
		{"counters begin anew", []Sample{seen(100, a(1, 5)), seen(3, a(2, 3))},
			"- 3 - -", "- 3 - -", "3 3 3 0", 1, 1},
		{"no drops known",
			[]Sample{seen(1, Listener{Addr: "a", Cookie: 1}), seen(2, Listener{Addr: "a", Cookie: 1})},
			"1 - 1 -", "1 - 1 -", "1 - 1 -", 0, 0},
		{"nobody ever listened", []Sample{seen(1), seen(2)}, "1 - 1 -", "1 - 1 -", "1 - 1 -", 0, 0},
		{"no counters", []Sample{{Listeners: []Listener{a(1, 1)}}, {Listeners: []Listener{a(1, 3)}}},
			"- 2 - -", "- 2 - -", "- 2 - -", 0, 0},
		{"the counter came late",
			[]Sample{{Listeners: []Listener{a(1, 1)}}, seen(50, a(1, 1)), seen(53, a(1, 4))},
			"- 3 - -", "3 3 3 0", "3 3 3 0", 0, 0},
		{"two sockets of one cookie", []Sample{seen(0, a(1, 9), a(1, 5)), seen(1, a(1, 10), a(1, 5))},
			"1 1 1 0", "1 1 1 0", "1 1 1 0", 0, 0},
	} {
		var account Account
		var states []State
		for i, s := range test.samples {
			s.At = time.Duration(i) * time.Second
			account.Add(s)
			states = append(states, account.State("a"))
		}
		last := states[len(states)-1]
		whole, latest := show(last.Since(states[0])), show(last.Since(states[len(states)-2]))
		host := show(account.Sum())
		if whole != test.whole || latest != test.last || host != test.host {
			t.Errorf("%s: %s, at last %s, of the host %s; want %s, %s, %s",
				test.name, whole, latest, host, test.whole, test.last, test.host)
		}
		if last.Came != test.came || last.Restarts != test.restarts {
			t.Errorf("%s: %+v", test.name, last)
		}
	}
}

// TestQueue: what waits in a group is the sum, and how full it is says its fullest socket, which need not be
// the deepest.
func TestQueue(t *testing.T) {
	one := func(depth, limit uint32) Listener {
		return Listener{Addr: "a", Cookie: uint64(limit), Depth: depth, Limit: limit}
	}
	for _, test := range []struct {
		listeners []Listener
		want      Queue
		full      bool
	}{
		{nil, Queue{}, false},
		{[]Listener{one(0, 16)}, Queue{Sockets: 1, Places: 17, Limit: 16}, false},
		{[]Listener{one(16, 16)}, Queue{Sockets: 1, Sum: 16, Places: 17, Depth: 16, Limit: 16}, false},
		{[]Listener{one(17, 16)}, Queue{Sockets: 1, Sum: 17, Places: 17, Depth: 17, Limit: 16}, true},
		{[]Listener{one(3, 16), one(18, 17), one(0, 15)},
			Queue{Sockets: 3, Sum: 21, Places: 51, Depth: 18, Limit: 17}, true},
		{[]Listener{one(90, 1000), one(5, 4)}, Queue{Sockets: 2, Sum: 95, Places: 1006, Depth: 5, Limit: 4},
			true},
		{[]Listener{one(1, 0), one(math.MaxUint32, math.MaxUint32)},
			Queue{Sockets: 2, Sum: 1 << 32, Places: 1<<32 + 1, Depth: 1, Limit: 0}, true},
	} {
		var account Account
		account.Add(Sample{At: 1, Listeners: test.listeners})
		seen := time.Duration(min(len(test.listeners), 1))
		if s := account.State("a"); s.Queue != test.want || s.Full() != test.full || s.Seen != seen {
			t.Errorf("%+v, want %+v", s, test.want)
		}
		account.Add(Sample{At: 2})
		if s := account.State("a"); s.Queue != (Queue{}) || s.At != 2 || s.Seen > 1 {
			t.Errorf("gone: %+v", s)
		}
	}
}

// TestUnixAccount: no counter counts the overflows of a unix socket, whose restarts are known all the same.
func TestUnixAccount(t *testing.T) {
	var account Account
	at := func(cookie uint64) Listener {
		return Listener{Addr: "/run/app.sock", Cookie: cookie, Depth: 2, Limit: 1}
	}
	account.Add(seen(3, at(1)))
	first := account.State("/run/app.sock")
	account.Add(without("inet_diag", seen(5, at(2))))
	last := account.State("/run/app.sock")
	if got := show(last.Since(first)); got != "2 - - -" || last.Restarts != 1 || !last.Full() {
		t.Errorf("%s, %+v", got, last)
	}
}

// TestAccountIsBounded: addresses and sockets without end take no memory without end, and what found no room
// is missing.
func TestAccountIsBounded(t *testing.T) {
	labtest.NotQuick(t)
	for name, addr := range map[string]func(int) string{
		"addresses": func(i int) string { return fmt.Sprint(i) },
		"sockets":   func(int) string { return "a" },
	} {
		var account Account
		for i := range 3 * maxListeners {
			one := Listener{Addr: addr(i), Cookie: uint64(i), Drops: dropsOf(1)}
			account.Add(without("inet_diag", seen(uint64(i), one)))
		}
		if len(account.sockets) > maxSockets || len(account.order) > maxListeners {
			t.Errorf("%s: %d sockets at %d addresses", name, len(account.sockets), len(account.order))
		}
		if all := account.Sum(); all.Others != nil {
			t.Errorf("%s: %s", name, show(all))
		}
	}
}

// Nothing that samples may hold takes an account back, and its parts add up to the whole.
func FuzzAccount(f *testing.F) {
	f.Add([]byte{1, 0, 5, 2, 1, 9, 0, 3, 3})
	f.Add([]byte{1, 0, 5, 2, 1, 9, 0, 0x43, 3, 9, 0x83, 7})
	f.Fuzz(func(t *testing.T, data []byte) {
		var account Account
		var last Between
		var first, before State
		sum, known := uint64(0), true
		for n := 0; len(data) >= 3; n, data = n+1, data[3:] {
			addr, cookie := string('a'+rune(data[1]%2)), uint64(data[1]%5)
			s := seen(uint64(data[0]), Listener{Addr: addr, Cookie: cookie, Drops: dropsOf(uint32(data[2]))})
			if data[1]&0x80 != 0 {
				s.Listeners = nil
			}
			if data[1]&0x40 != 0 {
				s = without("inet_diag", s)
			}
			account.Add(s)
			all, now := account.Sum(), account.State("a")
			if value(all.Namespace) < value(last.Namespace) || value(all.Drops) < value(last.Drops) ||
				value(all.Others) > value(all.Namespace) {
				t.Fatalf("went back: %s, then %s", show(last), show(all))
			}
			if n == 0 {
				first = now
			} else if part := now.Since(before); part.Drops == nil {
				known = known && now.Drops() == nil
			} else {
				sum += *part.Drops
			}
			if whole := now.Since(first).Drops; known && whole != nil && *whole != sum {
				t.Fatalf("%d drops in all, %d in parts", *whole, sum)
			}
			last, before = all, now
		}
	})
}
