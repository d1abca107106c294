package loadgen

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestCompleteFillsIn(t *testing.T) {
	for url, address := range map[string]string{
		"http://127.0.0.1/":        "127.0.0.1:80",
		"https://example.test/x?y": "example.test:443",
		"http://[::1]:8000":        "[::1]:8000",
	} {
		got, err := Target{URL: url}.Complete()
		if err != nil || got.Address != address || got.Method != "GET" || got.Network != "tcp" ||
			got.Connections != New ||
			got.Timeout != DefaultTimeout || got.MaxInFlight != DefaultMaxInFlight {
			t.Errorf("%s: %+v, %v", url, got, err)
		}
	}
	kept := Target{URL: "http://app/", Network: "unix", Address: "/run/app.sock", Method: "HEAD",
		Timeout: time.Second, MaxInFlight: 3, Connections: Reuse}
	got, err := kept.Complete()
	if err != nil || got.Address != kept.Address || got.Method != "HEAD" || got.Timeout != time.Second ||
		got.MaxInFlight != 3 || got.Connections != Reuse {
		t.Errorf("%+v, %v", got, err)
	}
}

// A URL's path and query are sent as they were written, with the one variable that there is.
func TestRequestURI(t *testing.T) {
	for in, want := range map[string]string{
		"http://h":                         "/",
		"http://h/a%2Fb/{{seq}}?q={{seq}}": "/a%2Fb/{{seq}}?q={{seq}}",
		"http://h/%7B%7Bseq%7D%7D":         "/%7B%7Bseq%7D%7D",
		"http://h/a b#c":                   "/a%20b",
	} {
		got, err := Target{URL: in}.Complete()
		if err != nil || got.Requests[0].URI != want {
			t.Errorf("%s: %v, %v; want %s", in, got.Requests, err, want)
		}
	}
}

// A zone is for connecting; the server is not told of it.
func TestHostHasNoZone(t *testing.T) {
	for url, want := range map[string][2]string{
		"http://[fe80::1%25eth0]:81/": {"[fe80::1]:81", "[fe80::1%eth0]:81"},
		"http://[fe80::1%25eth0]/":    {"[fe80::1]", "[fe80::1%eth0]:80"},
		"http://[::1]:81/":            {"[::1]:81", "[::1]:81"},
	} {
		got, err := Target{URL: url}.Complete()
		if err != nil || got.Requests[0].Host != want[0] || got.Address != want[1] {
			t.Errorf("%s: Host %q at %q, %v; want %q at %q", url, got.Requests[0].Host, got.Address, err,
				want[0], want[1])
		}
	}
	own := []Request{{Host: "[fe80::1%25eth0]:81"}, {Host: "a%b"}}
	got, err := Target{URL: "http://h/", Requests: own}.Complete()
	if err != nil || got.Requests[0].Host != "[fe80::1]:81" || got.Requests[1].Host != "a%b" {
		t.Errorf("%+v, %v", got.Requests, err)
	}
}

func TestCompleteRefuses(t *testing.T) {
	const url = "http://127.0.0.1:8000/"
	for want, target := range map[string]Target{
		"http://":       {URL: "127.0.0.1:8000"},
		"no host":       {URL: "http:///path"},
		"Authorization": {URL: "http://me:secret@host/"},
		"HTTP method":   {URL: url, Method: "GET /"},
		"one line":      {URL: url, Headers: [][2]string{{"X", "a\r\nB: c"}}},
		"the name":      {URL: url, Headers: [][2]string{{"X Y", "a"}}},
		"follows from":  {URL: url, Headers: [][2]string{{"content-length", "5"}}},
		"use \"new\"":   {URL: url, Connections: "some"},
		"use tcp":       {URL: url, Network: "udp"},
		"no local address": {URL: url, Network: "unix", Address: "/x",
			LocalAddrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}},
		"like 127.0.0.1":      {URL: url, Address: "nowhere"},
		"may be negative":     {URL: url, Timeout: -1},
		"neither may be":      {URL: url, MaxInFlight: -1},
		"invalid port \":x\"": {URL: "http://127.0.0.1:x/"},
	} {
		_, err := target.Complete()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v, want one line with %q", target, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}
