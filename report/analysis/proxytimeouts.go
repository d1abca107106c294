package analysis

import (
	"time"

	"weir/loadgen"
	"weir/report/analysis/cause"
	"weir/report/result"
)

// proxyTimeouts is nil where the record has none.
func (l *lane) proxyTimeouts() *result.ProxyTimeouts {
	p := l.Proxy
	if p == nil {
		return nil
	}
	connect, read := positive(p.Connect.Seconds()), positive(p.Read.Seconds())
	return &result.ProxyTimeouts{Connect: connect, Read: read, Source: p.Source}
}

// expiredShare of the 504s has to have taken as long as a timeout before they are called that timeout's.
const expiredShare = 0.9

// expiry says which timeout of the proxy its 504s are, by how long those that were sampled took: NGINX
// answers as soon as one is over. Nil where the two are too alike, or where most took neither's time.
func (r *run) expiry(l *lane) *cause.Expired {
	p := l.Proxy
	if p == nil || alike(p.Connect, p.Read) {
		return nil
	}
	of := trialsByID(l)
	connect := cause.Expired{Directive: cause.ConnectTimeout, After: p.Connect, Source: p.Source}
	read := cause.Expired{Directive: cause.ReadTimeout, After: p.Read, Source: p.Source}
	for key, f := range r.proxy.failures {
		if f.Outcome != loadgen.HTTP504 || of[key.trialStart] == nil {
			continue
		}
		for _, e := range []*cause.Expired{&connect, &read} {
			if e.Sampled++; alike(e.After, f.Done-f.Sent) {
				e.Alike++
			}
		}
	}
	for _, e := range []*cause.Expired{&connect, &read} {
		if e.Sampled > 0 && float64(e.Alike) >= expiredShare*float64(e.Sampled) {
			return e
		}
	}
	return nil
}

// alike reports whether an answer after so long may be that timeout's: it fires when it is over, and then the
// answer has to come back, for both of which a loaded machine takes its time.
func alike(timeout, took time.Duration) bool {
	return timeout > 0 && took >= timeout-timeout/100 && took <= timeout+timeout/10+50*time.Millisecond
}
