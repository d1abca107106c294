package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"weir/loadgen"
	"weir/scenarios"
)

// connectionFlags say how requests share connections, and what bounds them.
type connectionFlags struct {
	connections             string
	requestsPerConnection   int
	idleTimeout             time.Duration
	maxIdle                 int
	close                   string
	connectTimeout, timeout time.Duration
	localAddr               string
	insecure                bool
	maxInFlight             int
	wakeQuantum             time.Duration
	maxBody                 string
}

func (c *connectionFlags) register(f *pflag.FlagSet) {
	f.StringVar(&c.connections, "connections", string(loadgen.New),
		"connections: `new|reuse`, a new one for each request (as NGINX does by default) or kept ones")
	f.IntVar(&c.requestsPerConnection, "requests-per-connection", 0,
		"with --connections reuse: close a connection after this many requests; 0: never")
	f.DurationVar(&c.idleTimeout, "idle-timeout", 0,
		"with --connections reuse: close a connection that was idle for this time; keep it below the server's own; 0: never")
	f.IntVar(&c.maxIdle, "max-idle", 0,
		"with --connections reuse: number of idle connections that are kept, like NGINX's keepalive; 0: all")
	f.StringVar(&c.close, "close", string(loadgen.Orderly),
		"how connections end: `orderly|rst`, with a FIN, or with a reset, which leaves no TIME_WAIT (clients do not do that)")
	f.DurationVar(&c.connectTimeout, "connect-timeout", scenarios.DefaultConnectTimeout,
		"longest time to wait for a connection; below 1s one dropped SYN is one failure")
	f.DurationVar(&c.timeout, "timeout", scenarios.DefaultTimeout,
		"longest time to wait for a whole answer, including the connection")
	f.StringVar(&c.localAddr, "local-addr", "",
		"source `addresses` of the connections, used in turn, e.g. 10.0.0.8/29,10.0.1.5")
	f.BoolVar(&c.insecure, "insecure", false, "do not verify TLS certificates")
	f.IntVar(&c.maxInFlight, "max-in-flight", loadgen.DefaultMaxInFlight,
		"most requests in flight; further ones are not sent, and recorded as shed")
	f.DurationVar(&c.wakeQuantum, "wake-quantum", 0,
		"send requests together that are due within this time (three on average at most); saves CPU above some 5,000 requests a second, adds up to this much send lag; 0: off")
	f.StringVar(&c.maxBody, "max-body", "16M",
		"`size` of the longest response body that is read, e.g. 500k or 16M; a longer one is bad_response")
}

// apply checks the flags and fills in how a target is connected to.
func (c *connectionFlags) apply(out *loadgen.Target) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	out.Connections, out.Close = loadgen.Connections(c.connections), loadgen.Closing(c.close)
	out.RequestsPerConnection, out.IdleTimeout, out.MaxIdle = c.requestsPerConnection, c.idleTimeout,
		c.maxIdle
	out.ConnectTimeout, out.Timeout = c.connectTimeout, c.timeout
	out.MaxInFlight, out.Insecure = c.maxInFlight, c.insecure
	out.WakeQuantum = c.wakeQuantum
	if out.MaxBody, err = parseSize(c.maxBody); err != nil {
		return usage("--max-body %s: %w", quoted(c.maxBody), err)
	}
	if out.LocalAddrs, err = addresses(c.localAddr); err != nil {
		return usage("--local-addr: %w", err)
	}
	return nil
}

func (c *connectionFlags) check() error {
	reuse := c.connections == string(loadgen.Reuse)
	switch {
	case !reuse && c.connections != string(loadgen.New):
		return usage("--connections must be new or reuse, not %s", quoted(c.connections))
	case c.close != string(loadgen.Orderly) && c.close != string(loadgen.Reset):
		return usage("--close must be orderly or rst, not %s", quoted(c.close))
	case c.requestsPerConnection < 0:
		return usage("--requests-per-connection must be 0 (no bound) or more, not %d",
			c.requestsPerConnection)
	case c.idleTimeout < 0:
		return usage("--idle-timeout must be 0 (no bound) or more, not %v", c.idleTimeout)
	case c.maxIdle < 0:
		return usage("--max-idle must be 0 (no bound) or more, not %d", c.maxIdle)
	case !reuse && (c.requestsPerConnection > 0 || c.idleTimeout > 0 || c.maxIdle > 0):
		return usage("--requests-per-connection, --idle-timeout and --max-idle are about kept connections: give --connections reuse too")
	case c.connectTimeout <= 0:
		return usage("--connect-timeout must be above 0, not %v", c.connectTimeout)
	case c.timeout <= 0:
		return usage("--timeout must be above 0, not %v", c.timeout)
	case c.wakeQuantum < 0 || c.wakeQuantum > loadgen.MaxWakeQuantum:
		return usage("--wake-quantum must be from 0 (each request when it is due) to %v, not %v",
			loadgen.MaxWakeQuantum, c.wakeQuantum)
	case c.maxInFlight < 1:
		return usage("--max-in-flight must be at least 1, not %d", c.maxInFlight)
	}
	return nil
}

// unheeded says of which lanes a setting has no meaning for the engine that they got.
func (c *connectionFlags) unheeded(lanes []scenarios.Lane) (notes []string) {
	for _, l := range lanes {
		if c.wakeQuantum > 0 && l.EngineName != "epoll" {
			notes = append(notes, fmt.Sprintf("%s: --wake-quantum is the event loop's; the %s engine sends each request when it is due", l.Name, l.EngineName))
		}
	}
	return notes
}

// parseSize reads 4096, 500k, 16M or 1G (powers of two; an appended B or iB is the same).
func parseSize(text string) (int, error) {
	number := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(text), "b"), "i")
	shift := 0
	for unit, bits := range map[string]int{"k": 10, "m": 20, "g": 30} {
		if rest, ok := strings.CutSuffix(number, unit); ok {
			number, shift = rest, bits
			break
		}
	}
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil || n == 0 || n<<shift > math.MaxInt32 {
		return 0, errSize
	}
	return int(n << shift), nil
}
