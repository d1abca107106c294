// Package remote is both ends of a pipe between a probe and whoever wants its samples: Serve writes them,
// Start runs a command that writes them and reads. Whatever already lets you run a command over there
// (ssh, kubectl exec, docker exec, ip netns exec, or nothing at all) is the way and the permission; there
// is no daemon, no port and no secret of ours, and nothing is left behind when the pipe closes.
//
// It is for one reader that lives as long as the writer. It is not an archive (report/runfile is), and
// not for many readers (probe/prom is).
//
// # The format, weir.probe/3
//
// One JSON object a line, UTF-8, each with its kind. Times are nanoseconds since the writer's epoch, by a
// clock that never steps; clock and epoch alone are of the wall. What is absent is not known.
//
//	{"kind":"hello","schema":"weir.probe/3","version":"v1.2","host":"app-3","clock":"2026-11-23T00:55:01.1Z",
//	 "epoch":"2026-11-23T00:55:01Z","every":10000000,"listeners":[":8000"],"pings":true,
//	 "snapshot":{"sysctls":{"net.core.somaxconn":"4096",…},"listeners":[…]},
//	 "discovery":{"servers":[{"pid":812,"parent":1,"name":"gunicorn","command":"…","threads":1,"program":"9f2c…","workers":[…]}],…}}
//	{"kind":"sample","host":"app-3","at":20000000,"took":190000,"counters":{"TcpExtListenOverflows":12,…},
//	 "gauges":{"sockstat.TCP.tw":3},"listeners":[{"addr":"0.0.0.0:8000","cookie":77,"inode":9,"depth":17,
//	 "limit":16,"drops":12}],"errors":[{"source":"unix_diag","text":"…"}]}
//	{"kind":"pong","id":4,"received":31000000,"sent":31020000,"waits":1207}
//	{"kind":"bye","at":60000000000,"reason":"interrupted","snapshot":{…}}
//
// hello is first, bye is last where the writer had the time; after anything else it was cut off. A writer
// whose hello says pings answers lines {"kind":"ping","id":4} on its stdin, and ends when that closes after
// one. The two snapshots are of before and after; discovery says who serves the listeners, and waits how
// often the parent of pre-forked workers has gone to sleep (probe.Process.Waits).
//
// A new kind or field means a new schema: readers refuse what they do not know, rather than misread it.
package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"weir/probe"
)

// Schema names the format and its version. No other is read.
const Schema = "weir.probe/3"

// Hello is the first line: who writes, and by which clock.
type Hello struct {
	Schema    string           `json:"schema"`
	Version   string           `json:"version"` // of weir
	Host      string           `json:"host"`
	Clock     time.Time        `json:"clock"`     // the wall clock when this line was written
	Epoch     time.Time        `json:"epoch"`     // and at the instant from which at, received and sent count
	Every     time.Duration    `json:"every"`     // between two samples
	Listeners []string         `json:"listeners"` // as they were asked for
	Pings     bool             `json:"pings"`     // whether pings are answered
	Snapshot  *probe.Snapshot  `json:"snapshot,omitempty"`
	Discovery *probe.Discovery `json:"discovery,omitempty"` // nil: nobody looked
}

// parent is the process whose waits are told with each pong; false where no workers were counted, or those of
// an SO_REUSEPORT group, who have none.
func (h Hello) parent() (probe.Process, bool) {
	if h.Discovery == nil {
		return probe.Process{}, false
	}
	if n, _ := h.Discovery.Offer(); n == 0 || len(h.Discovery.Servers[0].Workers) == 0 {
		return probe.Process{}, false
	}
	return h.Discovery.Servers[0].Process, true
}

type ping struct {
	ID uint64 `json:"id"`
}

type pong struct {
	ID       uint64        `json:"id"`
	Received time.Duration `json:"received"`
	Sent     time.Duration `json:"sent"`
	Waits    *uint64       `json:"waits,omitempty"`
}

type bye struct {
	At       time.Duration   `json:"at"`
	Reason   string          `json:"reason"`
	Snapshot *probe.Snapshot `json:"snapshot,omitempty"`
}

// kinds are the names of the lines, and what each of them holds.
var kinds = map[string]func() any{
	"hello":  func() any { return new(Hello) },
	"sample": func() any { return new(probe.Sample) },
	"ping":   func() any { return new(ping) },
	"pong":   func() any { return new(pong) },
	"bye":    func() any { return new(bye) },
}

// line is what a value looks like on the wire.
func line(kind string, body any) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	head := `{"kind":"` + kind + `",`
	if string(text) == "{}" {
		head = head[:len(head)-1]
	}
	return append(append([]byte(head), text[1:]...), '\n'), nil
}

// WriteSample writes s as one line, and nothing before it.
func WriteSample(w io.Writer, s probe.Sample) error {
	text, err := line("sample", s)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// parse reads one line strictly: a known kind, no field that is not known, nothing behind the object.
func parse(text []byte) (any, error) {
	var head struct{ Kind string }
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	kind := kinds[head.Kind]
	if kind == nil {
		return nil, fmt.Errorf("unknown kind %.40q", head.Kind)
	}
	body, ok := bytes.CutPrefix(bytes.TrimSpace(text), []byte(`{"kind":"`+head.Kind+`"`))
	if !ok {
		return nil, errors.New("kind does not come first")
	}
	body = append([]byte{'{'}, bytes.TrimPrefix(body, []byte{','})...)
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	value := kind()
	if err := d.Decode(value); err != nil {
		return nil, fmt.Errorf("%s: %w", head.Kind, err)
	}
	if err := check(value); err != nil {
		return nil, fmt.Errorf("%s: %w", head.Kind, err)
	}
	return value, nil
}
