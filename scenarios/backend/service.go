package backend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Service says how long requests take: a distribution with a mean. Its text is
//
//	20ms                     always the same
//	exponential:20ms         coefficient of variation 1, the M of queueing formulas
//	lognormal:20ms/0.5       with that coefficient of variation: most a little faster, some much slower
//	empirical:10ms/20ms/1s   one of these, each as likely
type Service struct {
	shape  string          // constant, exponential, lognormal, empirical
	mean   time.Duration   // not of empirical
	cv     float64         // of lognormal
	values []time.Duration // of empirical
}

// Constant is a service time that is always the same.
func Constant(d time.Duration) Service { return Service{shape: "constant", mean: d} }

// maxService bounds a single service time: a tail without end would hold a worker for good.
const maxService = time.Hour

// UnmarshalText reads a service time as the type's comment has it.
func (s *Service) UnmarshalText(text []byte) error {
	shape, rest, named := strings.Cut(string(text), ":")
	if !named {
		shape, rest = "constant", shape
	}
	parts := strings.Split(rest, "/")
	out := Service{shape: shape}
	times := parts
	switch {
	case shape == "lognormal" && len(parts) == 2:
		cv, err := strconv.ParseFloat(parts[1], 64)
		if err != nil || !(cv > 0 && cv <= 10) {
			return fmt.Errorf("service time %q: the coefficient of variation is a number above 0 and at most 10", text)
		}
		out.cv, times = cv, parts[:1]
	case (shape == "constant" || shape == "exponential") && len(parts) == 1, shape == "empirical" &&
		len(parts) <= 10_000:
	default:
		return fmt.Errorf("service time %q: write it like 20ms, exponential:20ms, lognormal:20ms/0.5 or empirical:10ms/20ms/1s", text)
	}
	for _, t := range times {
		d, err := time.ParseDuration(t)
		if err != nil || d < 0 || d > maxService {
			return fmt.Errorf("service time %q: %q is no duration from 0 to 1h", text, t)
		}
		out.values = append(out.values, d)
	}
	if shape != "empirical" {
		out.mean, out.values = out.values[0], nil
	}
	*s = out
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (s Service) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s Service) String() string {
	switch s.shape {
	case "lognormal":
		return fmt.Sprintf("lognormal:%v/%v", s.mean, s.cv)
	case "exponential":
		return "exponential:" + s.mean.String()
	case "empirical":
		var b strings.Builder
		for i, v := range s.values {
			b.WriteString([]string{"empirical:", "/"}[min(i, 1)] + v.String())
		}
		return b.String()
	}
	return s.mean.String()
}

// Mean is the mean service time.
func (s Service) Mean() time.Duration {
	if s.shape != "empirical" {
		return s.mean
	}
	sum := time.Duration(0)
	for _, v := range s.values {
		sum += v
	}
	return sum / time.Duration(len(s.values))
}

// Set and Type make it a flag.
func (s *Service) Set(text string) error { return s.UnmarshalText([]byte(text)) }

// Type is what a flag's help calls it.
func (s *Service) Type() string { return "duration" }

// draw returns a service time.
func (s Service) draw(r *rand.Rand) time.Duration {
	switch s.shape {
	case "exponential":
		return bounded(r.ExpFloat64() * float64(s.mean))
	case "lognormal":
		// Of exp(N(µ, σ²)) the mean is exp(µ + σ²/2) and the squared coefficient of variation exp(σ²) − 1.
		variance := math.Log1p(s.cv * s.cv)
		return bounded(float64(s.mean) * math.Exp(math.Sqrt(variance)*r.NormFloat64()-variance/2))
	case "empirical":
		return s.values[r.IntN(len(s.values))]
	}
	return s.mean
}

func bounded(d float64) time.Duration { return time.Duration(min(d, float64(maxService))) }

// dice is what all workers draw from, so that the n-th draw of a server depends on the seed alone.
type dice struct {
	mu sync.Mutex
	r  *rand.Rand
}

func newDice(seed uint64) *dice { return &dice{r: rand.New(rand.NewPCG(seed, 0x77656972))} }

// draw takes no lock for what is not random, so that synchronous workers with constant times never wait for
// each other.
func (d *dice) draw(s Service) time.Duration {
	if s.shape == "constant" || s.shape == "" {
		return s.mean
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return s.draw(d.r)
}

// share is a number from 0 up to, but not including, 1.
func (d *dice) share() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.r.Float64()
}
