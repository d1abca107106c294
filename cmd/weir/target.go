package main

import (
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"weir/loadgen"
	"weir/scenarios"
)

// targetFlags say where requests go and how.
type targetFlags struct {
	direct, proxy       string
	unixSocket          string
	method, body        string
	headers             []string
	connections         string
	connectTimeout      time.Duration
	proxyConnectTimeout time.Duration
	timeout             time.Duration
	localAddr           string
	insecure            bool
	maxInFlight         int
}

func (t *targetFlags) register(f *pflag.FlagSet) {
	f.StringVar(&t.direct, "direct", "", "`URL` of the backend itself")
	f.StringVar(&t.proxy, "proxy", "", "`URL` of the same backend through its proxy")
	f.StringVar(&t.unixSocket, "unix-socket", "", "`path` of the backend's unix socket; --direct then only gives the request's host and path")
	f.StringVarP(&t.method, "request", "X", "GET", "request `method`")
	f.StringArrayVarP(&t.headers, "header", "H", nil, "request header as `'Name: value'`; may be repeated")
	f.StringVar(&t.body, "body", "", "request body as `text`, or @file")
	f.StringVar(&t.connections, "connections", string(loadgen.New), "`new|reuse`: a new connection for each request, as NGINX does by default, or kept ones")
	f.DurationVar(&t.connectTimeout, "connect-timeout", scenarios.DefaultConnectTimeout, "give up connecting after this; below 1s a dropped SYN is one failure")
	f.DurationVar(&t.proxyConnectTimeout, "proxy-connect-timeout", 60*time.Second, "the proxy_connect_timeout that your NGINX has; it is only read")
	f.DurationVar(&t.timeout, "timeout", scenarios.DefaultTimeout, "give up on a request after this, connecting included")
	f.StringVar(&t.localAddr, "local-addr", "", "source `address` of the connections")
	f.BoolVar(&t.insecure, "insecure", false, "do not verify TLS certificates")
	f.IntVar(&t.maxInFlight, "max-in-flight", loadgen.DefaultMaxInFlight, "above this many, requests are recorded as shed instead of sent")
}

// lanes checks the flags and returns the paths they describe, the direct one first.
func (t *targetFlags) lanes() ([]scenarios.LaneOptions, error) {
	if t.direct == "" && t.proxy == "" {
		return nil, usage("nothing to load: give --direct URL, --proxy URL or both")
	}
	base, err := t.target()
	if err != nil {
		return nil, err
	}
	var lanes []scenarios.LaneOptions
	if t.direct != "" {
		if base.URL, err = checkURL("--direct", t.direct); err != nil {
			return nil, err
		}
		lane := scenarios.LaneOptions{Name: "direct", Target: base}
		if t.unixSocket != "" {
			lane.Target.Network, lane.Target.Address = "unix", t.unixSocket
		}
		lanes = append(lanes, lane)
	} else if t.unixSocket != "" {
		return nil, usage("--unix-socket is the way to the backend and needs --direct http://localhost/ for the request's host and path")
	}
	if t.proxy != "" {
		if base.URL, err = checkURL("--proxy", t.proxy); err != nil {
			return nil, err
		}
		lanes = append(lanes, scenarios.LaneOptions{Name: "proxy", Target: base, HopConnectTimeout: t.proxyConnectTimeout})
	}
	return lanes, nil
}

func (t *targetFlags) target() (loadgen.Target, error) {
	out := loadgen.Target{
		Method: t.method, Connections: loadgen.Connections(t.connections),
		ConnectTimeout: t.connectTimeout, Timeout: t.timeout,
		MaxInFlight: t.maxInFlight, Insecure: t.insecure,
	}
	for _, positive := range []struct {
		flag string
		d    time.Duration
	}{{"--connect-timeout", t.connectTimeout}, {"--timeout", t.timeout}, {"--proxy-connect-timeout", t.proxyConnectTimeout}} {
		if positive.d <= 0 {
			return out, usage("%s must be above 0, not %v", positive.flag, positive.d)
		}
	}
	switch {
	case out.Connections != loadgen.New && out.Connections != loadgen.Reuse:
		return out, usage("--connections must be new or reuse, not %s", quoted(t.connections))
	case t.maxInFlight < 1:
		return out, usage("--max-in-flight must be at least 1, not %d", t.maxInFlight)
	case !token(t.method):
		return out, usage("--request %s is not an HTTP method", quoted(t.method))
	}
	if t.localAddr != "" {
		addr, err := netip.ParseAddr(t.localAddr)
		if err != nil {
			return out, usage("--local-addr %s is not an IP address", quoted(t.localAddr))
		}
		out.LocalAddrs = []netip.Addr{addr}
	}
	for _, h := range t.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || !token(name) || strings.ContainsAny(value, "\r\n") {
			return out, usage("--header %s is not of the form 'Name: value'", quoted(h))
		}
		out.Headers = append(out.Headers, [2]string{name, strings.TrimSpace(value)})
	}
	var err error
	out.Body, err = readBody(t.body)
	return out, err
}

// maxRequestBody bounds --body @file: the whole body is kept in memory and sent with every request.
const maxRequestBody = 64 << 20

func readBody(arg string) ([]byte, error) {
	name, isFile := strings.CutPrefix(arg, "@")
	if !isFile {
		return []byte(arg), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usage("--body: %w", err)
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, maxRequestBody+1))
	if err != nil {
		return nil, usage("--body: %w", err)
	}
	if len(body) > maxRequestBody {
		return nil, usage("--body: %s is larger than %d MiB", name, maxRequestBody>>20)
	}
	return body, nil
}

func checkURL(flag, text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", usage("%s %s is not a URL that can be loaded: write it with its scheme, as in http://127.0.0.1:8000/", flag, quoted(text))
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", usage("%s %s: %s is not a port", flag, quoted(text), port)
		}
	}
	if u.User != nil {
		return "", usage("%s: a password does not belong in a URL that is recorded; send it with -H 'Authorization: …'", flag)
	}
	return u.String(), nil
}

// token reports whether s is a token of RFC 9110 §5.6.2, as methods and header names must be.
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }

// withoutValue is a header as it may be recorded.
func withoutValue(header string) string {
	name, _, _ := strings.Cut(header, ":")
	return name + ": …"
}
