package remote

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/probe"
)

// TestEveryFieldCrosses fails when a Sample has something that the wire does not carry.
func TestEveryFieldCrosses(t *testing.T) {
	drops := uint32(12)
	s := probe.Sample{
		Host: "h", At: 1, Took: 2, Counters: map[string]uint64{"TcpExtListenOverflows": 1<<64 - 1},
		Gauges: map[string]uint64{"sockstat.TCP.tw": 3},
		Listeners: []probe.Listener{{Addr: "[::]:8000", Cookie: 1 << 63, Inode: 9, Depth: 17, Limit: 16,
			Drops: &drops}, {Addr: "/run/app.sock", Cookie: 1}},
		Errors: []probe.SourceError{{Source: "unix_diag", Text: "no"}},
	}
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("Sample.%s is new: put it on the wire, with a new schema, and into this test",
				v.Type().Field(i).Name)
		}
	}
	var out bytes.Buffer
	if err := WriteSample(&out, s); err != nil {
		t.Fatal(err)
	}
	value, err := parse(out.Bytes())
	if err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if diff := cmp.Diff(s, *value.(*probe.Sample)); diff != "" {
		t.Error(diff)
	}
}

func TestTextIsMadeSafe(t *testing.T) {
	value, err := parse([]byte(`{"kind":"sample","at":1,"took":1,"host":"\u001b[2J","listeners":[{"addr":"` +
		strings.Repeat("é", 400) + `"}],"errors":[{"source":"a\nb","text":"\u202e"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s := value.(*probe.Sample)
	if s.Host != "?[2J" || len(s.Listeners[0].Addr) > maxName || s.Errors[0].Source != "a?b" ||
		s.Errors[0].Text != "?" {
		t.Errorf("%+v", s)
	}
}

func TestEstimator(t *testing.T) {
	const ms = time.Millisecond
	var e estimator
	e.arrive(5*ms, 105*ms)
	if c := e.clock(0); c.Offset != 100*ms || c.Early != 100*ms || c.Late != 0 || c.Method != "arrival" {
		t.Errorf("by arrival: %+v", c)
	}
	e.arrive(50*ms, 140*ms)
	if c := e.clock(0); c.Offset != 90*ms {
		t.Errorf("the shortest way counts: %+v", c)
	}
	// Their clock is 80 ms behind ours. There 1 ms, back 9 ms, 3 ms to think.
	if !e.pong(exchange{200 * ms, 121 * ms, 124 * ms, 213 * ms}) {
		t.Error("refused")
	}
	if c := e.clock(213 * ms); c.Offset != 84*ms || c.Early != 5*ms || c.Late != 5*ms || c.RTT != 10*ms {
		t.Errorf("by ping: %+v: the truth, 80 ms, is within", c)
	}
	e.pong(exchange{300 * ms, 230 * ms, 230 * ms, 320 * ms}) // slower
	if c := e.clock(320 * ms); c.RTT != 10*ms {
		t.Errorf("a slower one was taken: %+v", c)
	}
	day := 24 * time.Hour
	e.pong(exchange{day, day - 70*ms, day - 70*ms, day + 20*ms}) // the old one has aged 8.6 s by now
	if c := e.clock(day); c.RTT != 20*ms {
		t.Errorf("an old one was kept: %+v", c)
	}
	for _, x := range []exchange{{2, 0, 0, 1}, {0, 2, 1, 9}, {0, 0, 9, 1}} {
		if e.pong(x) {
			t.Errorf("%+v was believed", x)
		}
	}
	if c := (&estimator{arrival: -ms, arrived: true}).clock(0); c.Early != Unknown {
		t.Errorf("an epoch before our start: %+v", c)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"kind":"hello","schema":"weir.probe/3","every":1}`))
	f.Add([]byte(`{"kind":"sample","at":1,"took":1,"counters":{"a":1}}`))
	f.Add([]byte(`{"kind":"ping","id":1}`))
	f.Add([]byte(`{"kind":"pong","id":1,"received":1,"sent":2}`))
	f.Add([]byte(`{"kind":"bye"}`))
	f.Add([]byte(`{"kind":"hello","schema":"weir.probe/3","every":1,"snapshot":{"sysctls":{"a":"\u001b"},"listeners":[{"addr":"[::]:1","drops":1}]},"discovery":{"servers":[{"pid":9,"workers":[{"pid":10,"command":"x"}]}]}}`))
	f.Add([]byte(`{"kind":"pong","id":1,"waits":18446744073709551615}`))
	f.Add([]byte(`{"kind":"bye","at":1,"snapshot":{"listeners":null}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if value, err := parse(text); (value == nil) == (err == nil) {
			t.Errorf("%v, %v", value, err)
		}
	})
}
