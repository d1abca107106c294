package main

import (
	"fmt"
	"strconv"
	"time"
)

// design is what one run of a decision offers to which server.
type design struct {
	workers  int
	lost     int // of them, in the runs that have to fail
	service  time.Duration
	backlog  int
	load     float64 // × capacity
	trials   int
	trialFor time.Duration
	assert   string
}

// rate is what is offered, req/s. Both runs of a decision are offered the same, whoever has lost a worker.
func (d design) rate() float64 {
	return d.load * float64(d.workers) / d.service.Seconds()
}

// flags are those of `weir run`.
func (d design) flags() []string {
	r := strconv.FormatFloat(d.rate(), 'f', -1, 64)
	return []string{
		"--steps", r + ".." + r, "--trials", fmt.Sprint(d.trials), "--trial-duration", d.trialFor.String(),
		"--workers", fmt.Sprint(d.workers), "--service-time", d.service.String(),
	}
}

func (d design) String() string {
	return fmt.Sprintf("%d workers × %v, backlog %d, %d trials of %v at %.4g req/s; %s",
		d.workers, d.service, d.backlog, d.trials, d.trialFor, d.rate(), d.assert)
}
