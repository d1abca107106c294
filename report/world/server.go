package world

import (
	"math"
	"math/rand/v2"
	"time"
)

// Server is a server whose truth is known. Each of its limits is a value, and those that are left at zero
// do not limit it:
//
//	the kernel's queue before fixed workers  Workers, Service, Backlog
//	an inner queue                           Ahead: Unbounded of an event loop, so many of a thread pool
//	refusal                                  MostRate of a rate limiter, MostInside of a cap on concurrency
//	a constant share of failures             Failing
//	contention                               Sigma, Kappa
type Server struct {
	Workers int     // W: requests that it serves at a time
	Service Service // how long one takes that is alone
	Backlog int     // of its listener: backlog+1 connections wait in the kernel

	Ahead int // connections that it accepts although no worker is free: they wait inside

	MostRate   float64 // req/s: what a token bucket lets pass; the rest is answered 429 at once
	Burst      int     // places in the bucket; 0: 10
	MostInside int     // requests in service or waiting inside; more are answered 503 at once

	Failing float64 // share of the requests that it answers with 500, at every rate

	// The universal scalability law: with n in service each takes 1+σ(n−1)+κn(n−1) times as long as one
	// alone. σ = 1 is a lock around all of it.
	Sigma, Kappa float64
}

// Unbounded is Ahead of a server that accepts whatever comes.
const Unbounded = 1 << 30

// Slower is how many times longer a service takes while n are under way.
func (s Server) Slower(n int) float64 {
	x := float64(n)
	return 1 + s.Sigma*(x-1) + s.Kappa*x*(x-1)
}

// Capacity is how many requests a second it serves when more are offered, those that it fails among them: μ.
func (s Server) Capacity() float64 {
	inService := s.Workers
	if s.MostInside > 0 {
		inService = min(inService, s.MostInside)
	}
	mu := float64(inService) / (s.Service.Mean.Seconds() * s.Slower(inService))
	if s.MostRate > 0 {
		mu = min(mu, s.MostRate)
	}
	return mu
}

// Peak is the most that it serves a second at any load: more than Capacity where contention makes overload
// slower.
func (s Server) Peak() float64 {
	most := 0.0
	for n := 1; n <= s.Workers; n++ {
		s.MostInside = n
		most = max(most, s.Capacity())
	}
	return most
}

// Service is a distribution of service times.
type Service struct {
	Mean time.Duration
	draw func(*rand.Rand) time.Duration // nil: always the mean
}

// Constant service times are all alike.
func Constant(d time.Duration) Service { return Service{Mean: d} }

// Exponential service times have a standard deviation as large as their mean.
func Exponential(mean time.Duration) Service {
	return Service{mean, func(random *rand.Rand) time.Duration {
		return time.Duration(-math.Log(1-random.Float64()) * float64(mean))
	}}
}

// Bimodal service times are slow in a share of the requests and quick in the others.
func Bimodal(quick, slow time.Duration, share float64) Service {
	return Service{quick + time.Duration(share*float64(slow-quick)), func(random *rand.Rand) time.Duration {
		if random.Float64() < share {
			return slow
		}
		return quick
	}}
}

// Mixed is nine requests of 5 ms for each of 200 ms.
func Mixed() Service { return Bimodal(5*ms, 200*ms, .1) }

func (s Service) next(random *rand.Rand) time.Duration {
	if s.draw == nil {
		return s.Mean
	}
	return s.draw(random)
}
