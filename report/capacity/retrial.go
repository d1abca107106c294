package capacity

import (
	"math"
	"time"
)

// RetrialBounds are the bounds on overflows ÷ failed requests for clients that send up to m SYNs
// each before their connect timeout, at a constant rate above the capacity mu:
//
//	m ≤ overflows/failures ≤ p/(1−p) · μ/(L−μ),  p = (1−μ/L)^{1/m}.
//
// A request that failed had all m SYNs dropped: the lower bound, nearly reached where the retries come
// in step with a regular schedule. The upper one is that of independent tries, each dropped with
// probability p: those who got in later have left overflows behind too.
//
// They hold in the steady state: the load lasted many times the connect timeout, failures are
// counted to the end, and every overflow was a SYN of these clients (no final ACKs, no other
// listener). A short run breaks the upper bound, for its last losers get in once the load has ended,
// and only their overflows remain. The simulator stays within for m = 3, L = 1.2 μ: constant arrivals
// at the lower bound, Poisson ones at 3.8 to 5, with exponential service 5.6 to 5.9 of 6.12.
// low and high are NaN unless m ≥ 1 and rate > mu > 0. For m = 1, loss mode, both are 1.
func RetrialBounds(m int, rate, mu float64) (low, high float64) {
	if m < 1 || !(mu > 0) || !(rate > mu) {
		return math.NaN(), math.NaN()
	}
	p := math.Pow(1-mu/rate, 1/float64(m))
	return float64(m), p / (1 - p) * mu / (rate - mu)
}

// RetryAttempts is how many attempts a second reach the backends when a proxy offers rate requests a
// second and tries up to n peers for each, every attempt failing with probability q:
// L(1−qⁿ)/(1−q). At q = 1 it is nL.
func RetryAttempts(rate, q float64, n int) float64 {
	sum, qi := 0.0, 1.0
	for range n {
		sum += qi
		qi *= q
	}
	return rate * sum
}

// SYNRetransmits is when Linux sends a connection's SYN again, as offsets from the first, as far as
// they come before the connect timeout: 1 s after the one before, linear times more (the sysctl
// net.ipv4.tcp_syn_linear_timeouts, 4 since Linux 6.5; 0 before), and then with the interval doubled
// each time up to 2 minutes. The kernel ends it after linear + tcp_syn_retries, by default 6.
//
// Source: tcp_retransmit_timer in net/ipv4/tcp_timer.c.
func SYNRetransmits(linear, retries int, timeout time.Duration) []time.Duration {
	var times []time.Duration
	at, interval := time.Duration(0), time.Second
	for n := 1; n <= linear+retries; n++ {
		at += interval
		if at >= timeout {
			break
		}
		times = append(times, at)
		if n > linear {
			interval = min(2*interval, 2*time.Minute)
		}
	}
	return times
}
