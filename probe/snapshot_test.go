package probe

import (
	"fmt"
	"slices"
	"testing"
)

// TestDroppers: what is named as another's drops was dropped between the two looks, and never before the
// first.
func TestDroppers(t *testing.T) {
	at := func(addr string, cookie uint64, drops uint32) Listener {
		return Listener{Addr: addr, Cookie: cookie, Drops: &drops}
	}
	var many []Listener
	for i := range maxSnapshot {
		many = append(many, at(fmt.Sprintf("10.0.0.1:%d", i+1), uint64(i+1), 0))
	}
	moved := slices.Clone(many[1:])
	moved[0] = at(moved[0].Addr, moved[0].Cookie, 4)
	for name, test := range map[string]struct {
		before, after []Listener
		want          []Dropper
	}{
		"one that dropped": {[]Listener{at("a:1", 1, 5), at("b:1", 2, 7)},
			[]Listener{at("a:1", 1, 9), at("b:1", 2, 7)}, []Dropper{{"a:1", 4}}},
		"the most first": {[]Listener{at("a:1", 1, 0), at("b:1", 2, 0)},
			[]Listener{at("a:1", 1, 1), at("b:1", 2, 2)}, []Dropper{{"b:1", 2}, {"a:1", 1}}},
		"one that was opened": {[]Listener{at("a:1", 1, 5)},
			[]Listener{at("a:1", 1, 5), at("b:1", 3, 2)}, []Dropper{{"b:1", 2}}},
		"opened anew": {[]Listener{at("a:1", 1, 5)}, []Listener{at("a:1", 9, 3)},
			[]Dropper{{"a:1", 3}}},
		"past 32 bits": {[]Listener{at("a:1", 1, 1<<32-2)}, []Listener{at("a:1", 1, 1)},
			[]Dropper{{"a:1", 3}}},
		"the first look saw nothing":  {nil, []Listener{at("a:1", 1, 100000)}, nil},
		"the second look saw nothing": {[]Listener{at("a:1", 1, 5)}, nil, nil},
		"the first look was cut": {many, append(moved, at("z:1", 1<<40, 100000)),
			[]Dropper{{"10.0.0.1:2", 4}}},
		"a kernel without drops": {[]Listener{{Addr: "a:1", Cookie: 1}},
			[]Listener{{Addr: "a:1", Cookie: 1}}, nil},
	} {
		if got := Droppers(Snapshot{Listeners: test.before},
			Snapshot{Listeners: test.after}); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
