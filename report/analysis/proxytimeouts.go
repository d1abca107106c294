package analysis

import (
	"fmt"
	"time"

	"weir/report/result"

	"weir/loadgen"
)

// proxyTimeouts is nil where the record has none.
func (l *lane) proxyTimeouts() *result.ProxyTimeouts {
	p := l.Proxy
	if p == nil {
		return nil
	}
	return &result.ProxyTimeouts{Connect: positive(p.Connect.Seconds()), Read: positive(p.Read.Seconds()), Source: p.Source}
}

// What a proxy was at when its timeout was over.
const (
	whileConnecting = "connecting"
	whileReading    = "reading"
)

// expiry is which of a proxy's timeouts was over, and how that is known; both "" where it is not.
type expiry struct{ while, text string }

// expired says which timeout of the proxy its 504s are, by how long those that were kept singly took: NGINX
// answers as soon as one is over. It claims none where the two are too alike, or where most took neither's time.
func (r *run) expired(l *lane) expiry {
	if l.expired == nil {
		e := r.expiry(l)
		l.expired = &e
	}
	return *l.expired
}

func (r *run) expiry(l *lane) expiry {
	p := l.Proxy
	if p == nil || alike(p.Connect, p.Read) {
		return expiry{}
	}
	of := trialsByID(l)
	var n, connect, read int
	for key, f := range r.proxy.failures {
		if f.Outcome != loadgen.HTTP504 || of[key.trialStart] == nil {
			continue
		}
		n++
		if alike(p.Connect, f.Done-f.Sent) {
			connect++
		}
		if alike(p.Read, f.Done-f.Sent) {
			read++
		}
	}
	say := func(k int, directive string, d time.Duration) string {
		return fmt.Sprintf("%d of the %d 504s that were kept singly came after %v, which is %s (%s)", k, n, d, directive, p.Source)
	}
	switch {
	case n > 0 && float64(connect) >= explained*float64(n):
		return expiry{whileConnecting, say(connect, "proxy_connect_timeout", p.Connect)}
	case n > 0 && float64(read) >= explained*float64(n):
		return expiry{whileReading, say(read, "proxy_read_timeout", p.Read)}
	}
	return expiry{}
}

// alike reports whether an answer after so long may be that timeout's: it fires when it is over, and then the answer
// has to come back, for both of which a loaded machine takes its time.
func alike(timeout, took time.Duration) bool {
	return timeout > 0 && took >= timeout-timeout/100 && took <= timeout+timeout/10+50*time.Millisecond
}
