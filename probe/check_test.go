package probe

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestCheck: what no kernel says is refused, wherever it comes from; what is strange but harmless is not.
func TestCheck(t *testing.T) {
	many := func(n int) (values map[string]uint64) {
		values = map[string]uint64{}
		for i := range n {
			values[fmt.Sprint(i)] = 1
		}
		return values
	}
	long := strings.Repeat("x", maxText+1)
	strange := Sample{
		Host: "\x1b", At: time.Second, Counters: map[string]uint64{"TcpExtTW": 1},
		Listeners: []Listener{{Addr: "@a\x00b"}},
	}
	for want, s := range map[string]Sample{
		"":                      strange,
		"4097 counters":         {Gauges: many(maxValues + 1)},
		`"a b" is no counter's`: {Counters: map[string]uint64{"a b": 1}},
		`"" is no counter's`:    {Gauges: map[string]uint64{"": 1}},
		"4097 listeners":        {Listeners: make([]Listener, maxListeners+1)},
		"without an address":    {Listeners: make([]Listener, 1)},
		"text of 4097 bytes":    {Host: long},
		"a text of 4097":        {Listeners: []Listener{{Addr: long}}},
		"the limit is 4096":     {Errors: []SourceError{{Source: "a", Text: long}}},
		"65 failed sources":     {Errors: make([]SourceError, maxErrors+1)},
		"-1ns is no time":       {At: -1},
		"is no time since":      {Took: maxTime + 1},
	} {
		if err := s.Check(); (err == nil) != (want == "") ||
			err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for want, s := range map[string]*Snapshot{
		"":                     nil,
		"1025 listeners":       {Listeners: make([]Listener, maxSnapshot+1)},
		`"a b" is no sysctl`:   {Sysctls: map[string]string{"a b": "1"}},
		"the limit is 4096":    {Sysctls: map[string]string{"a": long}},
		"without an address":   {Listeners: make([]Listener, 1)},
		"a text of 4097 bytes": {Listeners: []Listener{{Addr: long}}},
	} {
		if err := s.Check(); (err == nil) != (want == "") ||
			err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("snapshot: %v, want %q", err, want)
		}
	}
}

func TestIsUnix(t *testing.T) {
	for addr, want := range map[string]bool{
		"/run/app.sock": true, "app/app.sock": true, "@app": true, "0.0.0.0:8000": false,
		"[fe80::1%eth0]:80": false, "": false,
	} {
		if got := (Listener{Addr: addr}).Unix(); got != want {
			t.Errorf("%q: %v", addr, got)
		}
	}
}
