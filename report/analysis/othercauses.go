package analysis

import (
	"fmt"

	"weir/report/result"

	"weir/loadgen"
)

// What makes requests go bad where no queue was full, and no answer late.

func (k *witness) generator() result.Cause {
	if n := k.failures[byGenerator][loadgen.NoLocalPort]; 2*n > k.failures.sum(byGenerator) {
		return result.Cause{Code: "ports_exhausted", Evidence: k.counters(), Text: fmt.Sprintf(
			"The load generator had no local port left for %s (EADDRNOTAVAIL): this says nothing of the server. Give more addresses (--local-addr), or --connections reuse.", number(n, "request"))}
	}
	return result.Cause{Code: "generator", Evidence: k.counters(), Text: fmt.Sprintf(
		"The load generator itself failed %s (%s): this says nothing of the server.", number(k.failures.sum(byGenerator), "request"), list(k.failures[byGenerator]))}
}

func (k *witness) refused() result.Cause {
	return result.Cause{Code: "not_listening", Evidence: k.counters(), Text: fmt.Sprintf(
		"Nothing listened where the requests went: %s. A full queue does not refuse.", list(k.failures[byRefused]))}
}

// raced: RFC 9112 section 9.3.1 has clients expect this, and send such requests again where they are safe to repeat.
func (k *witness) raced() result.Cause {
	return result.Cause{Code: "keepalive_race", Evidence: k.counters(), Text: fmt.Sprintf(
		"The server closed kept connections just as requests were sent on them (%s): the keep-alive race, not an overflow. A client must let go of idle connections before the server does (--idle-timeout).",
		list(k.failures[byRaced]))}
}
