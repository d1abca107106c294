package main

import (
	"time"

	"weir/loadgen/plan"
	"weir/report/capacity"
)

func (f *capacityFlags) compute() (*capacityReport, error) {
	m, err := f.model()
	if err != nil {
		return nil, err
	}
	wait := m.LongestWait()
	r := &capacityReport{
		Schema: capacitySchemaName,
		Input: capacityInput{
			Workers: m.Workers, WorkerConnections: m.Connections, ServiceTime: m.Service.Seconds(),
			ServiceCV: f.cv, ServiceCVAssumed: !f.changed("service-cv"),
			Backlog: m.Backlog, BacklogAssumed: !f.changed("backlog"),
		},
		CapacityRPS: m.Rate(), Servers: m.Servers(), QueueSlots: m.Slots(),
		LongestWait: wait.Seconds(), SlowestAnswer: wait.Seconds() + m.Service.Seconds(),
	}
	for _, overload := range []float64{.01, .02, .05} {
		r.Trials = append(r.Trials, capacityTrial{overload, m.TrialFor(overload).Seconds()})
	}
	if deadline := time.Duration(f.deadline); deadline > 0 {
		late, seconds := r.SlowestAnswer > deadline.Seconds()+1e-9, deadline.Seconds()
		r.Input.Deadline, r.DeadWork = &seconds, &late
		if b, ok := m.BacklogWithin(deadline); ok {
			r.BacklogInTime = &b
		}
	}
	if f.rate != "" {
		r.Rate = f.atRate(m, r)
	}
	if f.targetRate != "" {
		r.Target, err = f.forTarget(m)
	}
	return r, err
}

func (f *capacityFlags) atRate(m capacity.Model, r *capacityReport) *capacityRate {
	rate, _ := plan.ParseRate(f.rate) // checked
	loss := m.LossPoisson(rate, f.cv*f.cv)
	out := &capacityRate{
		RPS: rate, Utilisation: m.Utilisation(rate), LossConstant: m.Loss(rate),
		LossPoisson: loss.Loss, LossMMcK: loss.Exponential, LossMDcK: loss.Constant, LossMDcKMethod: string(loss.Method),
		FirstOverflowIdle: orNull(m.FirstOverflowIdle(rate)), FirstOverflowBusy: orNull(m.FirstOverflowBusy(rate)),
	}
	if r.DeadWork == nil || !*r.DeadWork {
		return out
	}
	if zero := 0.0; time.Duration(f.deadline) < m.Service {
		out.LateFrom = &zero
		return out
	}
	m.Backlog = inTime(r) - 1 // a queue is too long for the deadline from its first place that does not fit on
	out.LateFrom = orNull(m.FirstOverflowIdle(rate))
	return out
}

// inTime is how many queue places are served within the deadline, ⌊(D−S)·μ⌋.
func inTime(r *capacityReport) int {
	if r.BacklogInTime == nil {
		return 0
	}
	return *r.BacklogInTime + 1
}

func (f *capacityFlags) forTarget(m capacity.Model) (*capacityTarget, error) {
	rate, _ := plan.ParseRate(f.targetRate) // checked
	d := capacity.Demand{
		Rate: rate, HeadRoom: float64(f.headRoom), MaxLoss: float64(f.maxLoss),
		Poisson: f.arrival == string(plan.Poisson), CS2: f.cv * f.cv, Burst: f.burst,
	}
	t := &capacityTarget{
		RPS: rate, Arrival: f.arrival, MaxLoss: d.MaxLoss, HeadRoom: d.HeadRoom, PlannedRPS: d.PlannedRate(), Burst: d.Burst,
	}
	t.OwnBacklog = backlogFor(d, m)
	var ok bool
	if t.Workers, ok = d.Workers(m); !ok {
		return nil, usage("%s at %v a request takes more than %d requests at once: check --target-rate and --duration",
			f.targetRate, m.Service, capacity.MaxServers)
	}
	m.Workers = t.Workers
	t.CapacityRPS, t.Loss = m.Rate(), d.Loss(m)
	if b := backlogFor(d, m); b != nil { // it is at most the one the workers were found for, and the burst
		t.Backlog = *b
	}
	return t, nil
}

func backlogFor(d capacity.Demand, m capacity.Model) *capacityBacklog {
	b, ok := d.Backlog(m)
	if !ok {
		return nil
	}
	m.Backlog = b
	return &capacityBacklog{b, m.LongestWait().Seconds()}
}

func orNull(d time.Duration, ok bool) *float64 {
	if !ok {
		return nil
	}
	s := d.Seconds()
	return &s
}
