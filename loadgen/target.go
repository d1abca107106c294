package loadgen

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
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
)

// Complete returns the target with what was left out filled in, or says in one line what is wrong with
// it. Engines call it first, so that all of them agree on what a target means.
func (t Target) Complete() (Target, error) {
	u, err := t.url()
	if err != nil {
		return t, err
	}
	t.Method = cmp.Or(t.Method, "GET")
	t.Network = cmp.Or(t.Network, "tcp")
	t.Connections = cmp.Or(t.Connections, New)
	t.ConnectTimeout = cmp.Or(t.ConnectTimeout, DefaultConnectTimeout)
	t.Timeout = cmp.Or(t.Timeout, DefaultTimeout)
	t.MaxInFlight = cmp.Or(t.MaxInFlight, DefaultMaxInFlight)
	t.MaxBody = cmp.Or(t.MaxBody, DefaultMaxBody)
	if t.Address == "" {
		t.Address = hostPort(u)
	}
	return t, cmp.Or(t.checkRequest(), t.checkNetwork(), t.checkLimits())
}

func (t Target) url() (*url.URL, error) {
	u, err := url.Parse(t.URL)
	switch {
	case err != nil:
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL, which may hold a password
		}
		return nil, fmt.Errorf("target: not a URL: %w: write it like http://127.0.0.1:8000/", err)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("target %q: the URL must begin with http:// or https://", t.URL)
	case u.Hostname() == "":
		return nil, fmt.Errorf("target %q: the URL names no host", t.URL)
	case u.User != nil:
		return nil, fmt.Errorf("target on %s: put the credentials into an Authorization header, not into the URL", u.Host)
	}
	return u, nil
}

// hostPort returns the address that a URL implies.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func (t Target) checkRequest() error {
	if !isToken(t.Method) {
		return fmt.Errorf("method %q is not an HTTP method", t.Method)
	}
	for _, h := range t.Headers {
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
	if t.Connections != New && t.Connections != Reuse {
		return fmt.Errorf("connections %q: use %q or %q", t.Connections, New, Reuse)
	}
	return nil
}

func (t Target) checkNetwork() error {
	switch t.Network {
	case "unix":
		if t.LocalAddr.IsValid() {
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
		return fmt.Errorf("at most %d in flight, %d bytes of body: neither may be negative", t.MaxInFlight, t.MaxBody)
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
