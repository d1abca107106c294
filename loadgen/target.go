package loadgen

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// What a Target means by leaving a limit out. They are wide: a user who wants loss mode (a connect
// timeout below the first SYN retransmit) must say so.
const (
	DefaultConnectTimeout = 10 * time.Second
	DefaultTimeout        = 30 * time.Second
	DefaultMaxInFlight    = 10_000
	DefaultMaxBody        = 16 << 20 // bytes
	MaxWakeQuantum        = time.Millisecond
	MaxWeight             = 100_000 // of all requests of a target together
)

// Complete returns the target with what was left out filled in, or says in one line what is wrong with
// it. Engines call it first, so that all of them agree on what a target means.
func (t Target) Complete() (Target, error) {
	u, err := t.url()
	if err != nil {
		return t, err
	}
	t.Method = cmp.Or(t.Method, "GET")
	if len(t.Requests) == 0 {
		t.Requests = []Request{{Method: t.Method, URI: RequestURI(u), Headers: t.Headers, Body: t.Body}}
	}
	t.Requests = slices.Clone(t.Requests)
	for i := range t.Requests {
		t.Requests[i].complete(u, t.Headers)
	}
	t.Close = cmp.Or(t.Close, Orderly)
	t.Network = cmp.Or(t.Network, "tcp")
	t.Connections = cmp.Or(t.Connections, New)
	t.ConnectTimeout = cmp.Or(t.ConnectTimeout, DefaultConnectTimeout)
	t.Timeout = cmp.Or(t.Timeout, DefaultTimeout)
	t.MaxInFlight = cmp.Or(t.MaxInFlight, DefaultMaxInFlight)
	t.MaxBody = cmp.Or(t.MaxBody, DefaultMaxBody)
	if t.Address == "" {
		t.Address = hostPort(u)
	}
	return t, cmp.Or(t.checkRequests(), t.checkNetwork(), t.checkLimits())
}

// standIn takes SeqVariable's place while a URL is parsed: package url lets these characters be, and would
// escape the variable's braces and, with them, unescape the rest of the path.
const standIn = "~weir.seq~"

// ParseURL parses a URL in which SeqVariable may stand for itself. RequestURI is what it asks for.
func ParseURL(text string) (*url.URL, error) {
	return url.Parse(strings.ReplaceAll(text, SeqVariable, standIn))
}

// RequestURI returns the path and query of what ParseURL returned, as they stand on the request line.
func RequestURI(u *url.URL) string {
	return strings.ReplaceAll(u.RequestURI(), standIn, SeqVariable)
}

// complete fills in what a request leaves to its target.
func (r *Request) complete(u *url.URL, headers [][2]string) {
	r.Method, r.URI, r.Host, r.Weight = cmp.Or(r.Method, "GET"), cmp.Or(r.URI, "/"),
		withoutZone(cmp.Or(r.Host, u.Host)), cmp.Or(r.Weight, 1)
	own := len(r.Headers)
	r.Headers = slices.Clone(r.Headers)
	for _, h := range headers {
		if !hasHeader(r.Headers[:own], h[0]) {
			r.Headers = append(r.Headers, h)
		}
	}
}

// withoutZone takes the zone out of an IPv6 address: it means something on this machine alone (RFC 6874
// section 1), and servers answer 400 to a Host header that has one.
func withoutZone(host string) string {
	end := strings.LastIndexByte(host, ']')
	if zone := strings.IndexByte(host, '%'); zone >= 0 && zone < end {
		return host[:zone] + host[end:]
	}
	return host
}

func hasHeader(headers [][2]string, name string) bool {
	return slices.ContainsFunc(headers, func(h [2]string) bool { return strings.EqualFold(h[0], name) })
}

func (t Target) url() (*url.URL, error) {
	u, err := ParseURL(t.URL)
	switch {
	case err != nil:
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL, which may hold a password
		}
		return nil, fmt.Errorf("target: not a URL: %w: write it like http://127.0.0.1:8000/", err)
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "fcgi":
		return nil, fmt.Errorf("target %q: the URL must begin with http://, https:// or fcgi://", t.URL)
	case u.Hostname() == "":
		return nil, fmt.Errorf("target %q: the URL names no host", t.URL)
	case u.User != nil:
		return nil, fmt.Errorf("target on %s: put the credentials into an Authorization header, not into the URL", u.Host)
	}
	return u, nil
}

// FastCGI reports whether the target speaks FastCGI: its URL, or that of each request, then has the path of a
// script.
func (t Target) FastCGI() bool { return strings.HasPrefix(t.URL, "fcgi:") }

// hostPort returns the address that a URL implies.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "fcgi": "9000"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func (t Target) checkRequests() error {
	total := 0
	for _, r := range t.Requests {
		if err := r.check(); err != nil {
			return err
		}
		total += r.Weight
		if r.Weight < 0 || total > MaxWeight {
			return fmt.Errorf("the weights of the requests add up to %d: from 1 to %d are allowed", total,
				MaxWeight)
		}
	}
	if t.Connections != New && t.Connections != Reuse {
		return fmt.Errorf("connections %q: use %q or %q", t.Connections, New, Reuse)
	}
	if t.Close != Orderly && t.Close != Reset {
		return fmt.Errorf("close %q: use %q or %q", t.Close, Orderly, Reset)
	}
	return nil
}

func (r Request) check() error {
	if !isToken(r.Method) {
		return fmt.Errorf("method %q is not an HTTP method", r.Method)
	}
	if strings.ContainsFunc(r.URI+r.Host, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return fmt.Errorf("request for %q on %q: spaces and control characters must be percent-encoded",
			r.URI, r.Host)
	}
	for _, h := range r.Headers {
		if !isToken(h[0]) {
			return fmt.Errorf("header %q: the name is not one that HTTP allows", h[0])
		}
		if strings.ContainsAny(h[1], "\r\n\x00") {
			return fmt.Errorf("header %s: the value must be one line", h[0])
		}
		if strings.EqualFold(h[0], "Content-Length") || strings.EqualFold(h[0], "Transfer-Encoding") {
			return fmt.Errorf("header %s: leave it out, it follows from the body", h[0])
		}
	}
	return nil
}

func (t Target) checkNetwork() error {
	switch t.Network {
	case "unix":
		if len(t.LocalAddrs) > 0 {
			return errors.New("a unix socket has no local address: leave it out")
		}
	case "tcp":
		if _, _, err := net.SplitHostPort(t.Address); err != nil {
			return fmt.Errorf("address %q: write it like 127.0.0.1:8000: %w", t.Address, err)
		}
	default:
		return fmt.Errorf("network %q: use tcp or unix", t.Network)
	}
	return nil
}

func (t Target) checkLimits() error {
	switch {
	case t.ConnectTimeout < 0 || t.Timeout < 0:
		return fmt.Errorf("timeouts %v and %v: neither may be negative", t.ConnectTimeout, t.Timeout)
	case t.MaxInFlight < 0 || t.MaxBody < 0:
		return fmt.Errorf("at most %d in flight, %d bytes of body: neither may be negative", t.MaxInFlight,
			t.MaxBody)
	case t.WakeQuantum < 0 || t.WakeQuantum > MaxWakeQuantum:
		return fmt.Errorf("a wake quantum of %v: from 0 (none) to %v are allowed, more would be a lag that a server notices", t.WakeQuantum, MaxWakeQuantum)
	case t.RequestsPerConnection < 0 || t.IdleTimeout < 0 || t.MaxIdle < 0:
		return fmt.Errorf("at most %d requests a connection, idle for %v, %d of them idle: none may be negative", t.RequestsPerConnection, t.IdleTimeout, t.MaxIdle)
	}
	return nil
}

// isToken reports whether s is a token, RFC 9110 section 5.6.2.
func isToken(s string) bool {
	for _, c := range []byte(s) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
