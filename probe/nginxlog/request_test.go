package nginxlog

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func ms(n int) *time.Duration { d := time.Duration(n) * time.Millisecond; return &d }

func same(a, b *time.Duration) bool { return a == b || a != nil && b != nil && *a == *b }

func TestRequest(t *testing.T) {
	const a, b = "127.0.0.1:8000", "unix:/run/app.sock"
	line := func(addr, status, connect, header, response string) []byte {
		return []byte(strings.NewReplacer("$request_id", "0123456789abcdef", "$http_x_request_id",
			"weir-1700000000000-1500-7",
			"$status", "200", "$request_time", "0.921", "$msec", "1700000002.345", "$upstream_addr", addr,
			"$upstream_status", status,
			"$upstream_connect_time", connect, "$upstream_header_time", header, "$upstream_response_time",
			response).Replace(AccessFormat))
	}
	for _, test := range []struct {
		name string
		line []byte
		want []Try
	}{
		{"one try", line(a, "200", "0.001", "0.021", "0.022"), []Try{{a, 200, ms(1), ms(21), ms(22)}}},
		{"retried", line(a+", "+b, "504, 200", "-, 0.000", "-, 0.020", "0.900, 0.021"),
			[]Try{{a, 504, nil, nil, ms(900)}, {b, 200, ms(0), ms(20), ms(21)}}},
		{"redirected", line(a+", "+a+" : "+b, "502, 404 : 200", "0.001, 0.002 : 0.003", "-, 0.004 : 0.005",
			"0.006, 0.007 : 0.008"),
			[]Try{{a, 502, ms(1), nil, ms(6)}, {a, 404, ms(2), ms(4), ms(7)}, {b, 200, ms(3), ms(5), ms(8)}}},
		{"redirected to nothing", line(a+" : ", "404 : ", "0.001 : ", "0.004 : ", "0.007 : "),
			[]Try{{a, 404, ms(1), ms(4), ms(7)}}},
		{"redirected twice", line(a+" : "+a+", "+b+" : "+b, "- : 502, 503 : 200", "- : -, 0.002 : 0.003",
			"- : -, 0.004 : 0.005", "0.006 : 0.000, 0.007 : 0.008"),
			[]Try{{a, 0, nil, nil, ms(6)}, {a, 502, nil, nil, ms(0)}, {b, 503, ms(2), ms(4), ms(7)},
				{b, 200, ms(3), ms(5), ms(8)}}},
		{"no live upstreams", line("backend", "502", "-", "-", "0.000"),
			[]Try{{"backend", 502, nil, nil, ms(0)}}},
		{"none", line("", "", "", "", ""), nil},
		{"a client that gave up", line(a, "-", "-", "-", "0.300"), []Try{{a, 0, nil, nil, ms(300)}}},
		{"lists of another length", line(a+", "+b, "502", "0.001, 0.002, 0.003", "", "0.1, 0.2"),
			[]Try{{a, 0, nil, nil, nil}, {b, 0, nil, nil, nil}}},
		{"no times", line(a, "abc", "-1.000", "1e9", "99999999999.000"), []Try{{a, 0, nil, nil, nil}}},
	} {
		r, ok := ParseRequest(test.line)
		equal := slices.EqualFunc(r.Tries, test.want, func(a, b Try) bool {
			return a.Addr == b.Addr && a.Status == b.Status && same(a.Connect, b.Connect) &&
				same(a.Header, b.Header) && same(a.Response, b.Response)
		})
		if !ok || !equal || r.ID != "weir-1700000000000-1500-7" || r.Status != 200 ||
			!same(r.Took, ms(921)) || !same(r.Ended, ms(1700000002345)) {
			t.Errorf("%s: %v %+v", test.name, ok, r)
		}
	}
	r, ok := ParseRequest(line(strings.Repeat(a+", ", 99)+b, strings.Repeat("502, ", 99)+"200", "-", "-",
		"-"))
	if last, asked := r.Final(); !ok || len(r.Tries) != maxTries || r.More != 100-maxTries || !asked ||
		last.Addr != b || last.Status != 200 {
		t.Errorf("of a hundred tries: %d and %d more, the last is %+v", len(r.Tries), r.More, last)
	}
}

func TestSpent(t *testing.T) {
	for _, test := range []struct {
		try                   Try
		connect, header, body int
	}{
		{Try{Connect: ms(2), Header: ms(22), Response: ms(25)}, 2, 20, 3},
		{Try{Response: ms(900)}, 900, 0, 0},                 // never connected
		{Try{Connect: ms(1), Response: ms(301)}, 1, 300, 0}, // no header came
		{Try{Header: ms(5), Response: ms(9)}, 0, 5, 4},
		{Try{Connect: ms(3), Header: ms(1), Response: ms(3)}, 3, 0, 0}, // rounded apart
		{Try{}, 0, 0, 0},
	} {
		c, h, b := test.try.Spent()
		if c != *ms(test.connect) || h != *ms(test.header) || b != *ms(test.body) {
			t.Errorf("%+v: %v %v %v", test.try, c, h, b)
		}
	}
	if (Try{Addr: "backend"}).Asked() || !(Try{Addr: "[::1]:80"}).Asked() || !(Try{Addr: "unix:/a"}).Asked() {
		t.Error("a group's name is taken for a server, or a server for a name")
	}
}

// FuzzRequest: whatever a client put into its request, the line is refused or understood within bounds.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(access("200", "127.0.0.1:8000, unix:/run/a.sock : b:1", "502, 504 : 200", "-, 0.001 : 0.002",
		"-, - : 0.020")))
	f.Add([]byte(access("499", "backend", "-", "-", "-")))
	f.Add([]byte(`{"status":"200","upstream_addr":", , : , ","client_id":"\u202e\u0000"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, ok := ParseRequest(line)
		if !ok {
			return
		}
		if len(r.ID) > maxName || len(r.Tries) > maxTries || r.More < 0 || r.Status < 0 || r.Status > 999 {
			t.Errorf("unbounded: %+v", r)
		}
		if !known(r.Class()) {
			t.Errorf("%q is no class", r.Class())
		}
		for _, x := range r.Tries {
			c, h, b := x.Spent()
			if len(x.Addr) > maxName || !utf8.ValidString(x.Addr) ||
				strings.ContainsFunc(x.Addr, func(r rune) bool { return r < ' ' }) || c < 0 || h < 0 ||
				b < 0 {
				t.Errorf("try %+v: %v %v %v", x, c, h, b)
			}
		}
	})
}

// FuzzFollow: the lines that come do not depend on the pieces in which a file grows.
func FuzzFollow(f *testing.F) {
	f.Add([]byte("one\ntwo\r\n\nthree"), uint8(3))
	f.Add(bytes.Repeat([]byte("x"), maxLine+5), uint8(200))
	f.Fuzz(func(t *testing.T, text []byte, step uint8) {
		var whole, pieces []string
		(&tail{}).split(text, func(b []byte) { whole = append(whole, string(b)) })
		var p tail
		for rest := text; len(rest) > 0; {
			n := min(len(rest), int(step)+1)
			p.split(rest[:n], func(b []byte) { pieces = append(pieces, string(b)) })
			p.remember(rest[:n])
			rest = rest[n:]
		}
		if !slices.Equal(whole, pieces) {
			t.Errorf("%d lines at once, %d in pieces of %d", len(whole), len(pieces), step+1)
		}
		if want := text[max(0, len(text)-guardSize):]; !bytes.Equal(p.guard, want) {
			t.Errorf("the guard is %.60q, want %.60q", p.guard, want)
		}
	})
}

func BenchmarkParseRequest(b *testing.B) {
	line := []byte(access("200", "127.0.0.1:8000, 127.0.0.1:8001", "504, 200", "-, 0.000", "-, 0.020"))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := ParseRequest(line); !ok {
			b.Fatal("not understood")
		}
	}
}
