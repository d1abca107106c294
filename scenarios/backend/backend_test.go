package backend

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestConfigIsChecked(t *testing.T) {
	good := Config{Address: "127.0.0.1:0", Workers: 1}
	if c, err := good.withDefaults(); err != nil || c.Network != "tcp" || c.HealthPath != "/health" ||
		c.ReadTimeout <= 0 {
		t.Errorf("defaults: %+v, %v", c, err)
	}
	for want, change := range map[string]func(*Config){
		"network":     func(c *Config) { c.Network = "udp" },
		"no address":  func(c *Config) { c.Address = "" },
		"0 workers":   func(c *Config) { c.Workers = 0 },
		"-1 workers":  func(c *Config) { c.Workers = -1 },
		"backlog -1":  func(c *Config) { c.Backlog = -1 },
		"time -1s":    func(c *Config) { c.ServiceTime = -time.Second },
		"body of -1":  func(c *Config) { c.Body = -1 },
		"health path": func(c *Config) { c.HealthPath = "health" },
	} {
		c := good
		change(&c)
		if _, err := c.withDefaults(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		head    string
		refusal int
		path    string
		length  int64
	}{
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0, "/", 0},
		{"GET /health?x=1 HTTP/1.0\r\n\r\n", 0, "/health", 0},
		{"POST /a HTTP/1.1\r\ncontent-LENGTH:  17 \r\n\r\n", 0, "/a", 17},
		{"GET /\r\n\r\n", 400, "", 0},
		{"\x16\x03\x01\x02\r\n\r\n", 400, "", 0}, // TLS
		{"GET / SMTP/1.1\r\n\r\n", 400, "", 0},
		{"GET / HTTP/1.1\r\nnonsense\r\n\r\n", 400, "", 0},
		{"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, "", 0},
		{"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400, "", 0},
		{"POST / HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n", 413, "", 0},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411, "", 0},
	}
	for _, tt := range tests {
		r, refusal := parse([]byte(tt.head))
		if refusal != tt.refusal || refusal == 0 && (string(r.path) != tt.path || r.length != tt.length) {
			t.Errorf("parse(%q) = %q, %d, refusal %d", tt.head, r.path, r.length, refusal)
		}
	}
}

func TestHeadEndSeesAnEndInPieces(t *testing.T) {
	const head = "GET / HTTP/1.1\r\nA: b\r\n\r\n"
	for cut := range len(head) {
		if got := headEnd([]byte(head[:cut]), 0); got != 0 {
			t.Fatalf("an end at %d of %q", got, head[:cut])
		}
		if got := headEnd([]byte(head+"body"), cut); got != len(head) {
			t.Errorf("cut at %d: end at %d, want %d", cut, got, len(head))
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("POST /a?b HTTP/1.1\r\nContent-Length: 3\r\n\r\n"))
	f.Add([]byte("GET  HTTP/1.\r\n:\r\n\r\n"))
	f.Fuzz(func(t *testing.T, head []byte) {
		if r, refusal := parse(head); refusal == 0 && (r.length < 0 || r.length > maxRequestBody) {
			t.Errorf("accepted a body of %d bytes", r.length)
		}
	})
}

func TestStampsReadBackAsWritten(t *testing.T) {
	var out bytes.Buffer
	var busy tally
	for range 2 { // the second flush has nothing to say
		if err := busy.flush(&out); err != nil {
			t.Fatal(err)
		}
	}
	if out.Len() != 0 {
		t.Errorf("nothing happened, yet %q", &out)
	}
	busy.add(20 * time.Millisecond)
	busy.add(40 * time.Millisecond)
	if err := busy.flush(&out); err != nil {
		t.Fatal(err)
	}
	busy.add(time.Millisecond)
	if err := busy.flush(&out); err != nil {
		t.Fatal(err)
	}
	var got []Stamp
	if err := ReadStamps(&out, func(s Stamp) { got = append(got, s) }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Count != 2 || got[0].SumNS != 60e6 || got[1].Count != 1 ||
		got[1].SumNS != 1e6 {
		t.Fatalf("got %+v", got)
	}
	if sq := got[0].SumSqS2; sq < 0.00199 || sq > 0.00201 {
		t.Errorf("sum of squares %v s², want 0.002", sq)
	}
	if age := time.Since(time.Unix(0, got[0].AtUnixNS)); age < 0 || age > time.Minute {
		t.Errorf("stamped %v ago", age)
	}
}

func TestReadStampsRefuses(t *testing.T) {
	const good = `{"at_unix_ns":1,"count":1,"sum_ns":1,"sum_sq_s2":0}` + "\n"
	for name, text := range map[string]string{
		"garbage":      "nonsense\n",
		"too long":     `{"x":"` + strings.Repeat("y", maxLine) + "\"}\n",
		"endless":      strings.Repeat("y", 10*maxLine),
		"no count":     `{"at_unix_ns":1,"sum_ns":1}` + "\n",
		"negative sum": `{"at_unix_ns":1,"count":1,"sum_ns":-1}` + "\n",
		"wrong type":   `{"at_unix_ns":"now","count":1}` + "\n",
	} {
		n := 0
		if err := ReadStamps(strings.NewReader(good+text), func(Stamp) { n++ }); err == nil || n != 1 {
			t.Errorf("%s: %v after %d stamps, want an error after 1", name, err, n)
		}
	}
	if err := ReadStamps(strings.NewReader(good+good[:20]), func(Stamp) {}); !errors.Is(err,
		io.ErrUnexpectedEOF) {
		t.Errorf("cut short: %v", err)
	}
}
