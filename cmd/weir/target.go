package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"weir/loadgen"
	"weir/scenarios"
)

// targetFlags say where requests go and how.
type targetFlags struct {
	direct, proxy       string
	proxyConnectTimeout time.Duration
	proxyReadTimeout    time.Duration
	unixSocket          string
	requestFlags
	connectionFlags
}

func (t *targetFlags) register(f *pflag.FlagSet) {
	f.StringVar(&t.direct, "direct", "",
		"`URL` of the backend itself; fcgi://127.0.0.1:9000/srv/index.php for FastCGI")
	f.StringVar(&t.proxy, "proxy", "", "`URL` of the same backend through its proxy")
	f.StringVar(&t.unixSocket, "unix-socket", "",
		"`path` of the backend's unix socket; --direct then gives host and path of the request")
	f.DurationVar(&t.proxyConnectTimeout, "proxy-connect-timeout", 60*time.Second,
		"proxy_connect_timeout of your NGINX (weir help modes)")
	f.DurationVar(&t.proxyReadTimeout, "proxy-read-timeout", 60*time.Second,
		"proxy_read_timeout of your NGINX, to distinguish the two kinds of 504")
	t.requestFlags.register(f)
	t.connectionFlags.register(f)
}

// lanes checks the flags and returns the paths they describe, the direct one first.
func (t *targetFlags) lanes() (lanes []scenarios.LaneOptions, err error) {
	base, err := t.target()
	switch {
	case err != nil:
		return nil, err
	case t.direct == "" && t.proxy == "":
		return nil, usage("nothing to load: give --direct URL, --proxy URL or both")
	case t.direct == "" && t.unixSocket != "":
		return nil, usage("--unix-socket is the way to the backend and needs --direct http://localhost/ for the request's host and path")
	}
	if t.direct != "" {
		lane := scenarios.LaneOptions{Name: "direct", Target: base}
		if lane.Target.URL, err = checkURL("--direct", t.direct); err != nil {
			return nil, err
		}
		if t.unixSocket != "" {
			lane.Target.Network, lane.Target.Address = "unix", t.unixSocket
		}
		lanes = append(lanes, lane)
	}
	if t.proxy != "" {
		lane := scenarios.LaneOptions{Name: "proxy", Target: base, HopConnectTimeout: t.proxyConnectTimeout,
			HopReadTimeout: t.proxyReadTimeout}
		if lane.Target.URL, err = checkURL("--proxy", t.proxy); err != nil {
			return nil, err
		}
		lanes = append(lanes, lane)
	}
	for _, l := range lanes {
		if _, err := l.Target.Complete(); err != nil {
			return nil, usage("%s lane: %w", l.Name, err)
		}
	}
	return lanes, nil
}

// target is what all lanes have in common. Where no lane is given, the file of requests may say where they
// go.
func (t *targetFlags) target() (out loadgen.Target, err error) {
	if t.proxyConnectTimeout <= 0 {
		return out, usage("--proxy-connect-timeout must be above 0, not %v", t.proxyConnectTimeout)
	}
	if t.proxyReadTimeout <= 0 {
		return out, usage("--proxy-read-timeout must be above 0, not %v", t.proxyReadTimeout)
	}
	file, err := t.requestFlags.read()
	if err != nil {
		return out, err
	}
	if t.direct == "" && t.proxy == "" {
		if t.direct, err = file.Origin(); err != nil {
			return out, usage("--targets: %w", err)
		}
	} else if note := file.Elsewhere(); note != "" {
		t.notes = append(t.notes, note)
	}
	out.Requests = file.Requests
	if err = t.requestFlags.apply(&out); err != nil {
		return out, err
	}
	return out, t.connectionFlags.apply(&out)
}

func checkURL(flag, text string) (string, error) {
	u, err := loadgen.ParseURL(text)
	if err == nil && u.Scheme == "fcgi" && flag != "--direct" {
		return "", usage("%s %s: a proxy is asked by HTTP; only --direct speaks FastCGI", flag, quoted(text))
	}
	if err != nil || (u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "fcgi") || u.Host == "" {
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
	return text, nil
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }
