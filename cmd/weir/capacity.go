package main

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"weir/loadgen/plan"
	"weir/report/capacity"
	"weir/report/doc"
)

// capacityFlags are those of `weir capacity`.
type capacityFlags struct {
	workers, connections, backlog int
	service, deadline             durationValue
	cv                            float64
	rate, targetRate              string
	arrival                       string
	maxLoss, headRoom             shareValue
	burst                         int
	json, printSchema             bool

	// whether a flag was given, so that an assumption can be told from a statement
	changed func(name string) bool
}

// backlogAssumed is enough for what is shown not to be absurd; that it is a guess is printed with it.
const backlogAssumed = 64

func newCapacity(s streams) *cobra.Command {
	f := capacityFlags{maxLoss: .001}
	cmd := &cobra.Command{
		Use:   "capacity",
		Short: "Compute the limit of a worker pool, or the workers for a rate",
		Long: `Computes what workers behind a listen backlog can do: their capacity, the time until
the queue overflows, the loss, and the wait. With --target-rate it computes the
workers and the backlog that this rate needs. Each line names its formula. Nothing
is measured, and no network is used.

--duration is the mean time that a worker is busy with one request, from accepting
the connection until it is ready for the next. --backlog is what the server gave to
listen(): Send-Q in ss -ltn.`,
		Example: `  # 8 sync workers that take 200 ms a request: would they survive 200 req/s?
  weir capacity --workers 8 --duration 200ms --backlog 64 --rate 200

  # and what would? At random arrivals, with a fifth to spare
  weir capacity --workers 8 --duration 200ms \
    --target-rate 200 --max-loss 0.1% --head-room 20%

  # does a deep queue help clients that give up after 10 s?
  weir capacity --workers 8 --duration 3s --backlog 2048 --rate 50 --deadline 10s`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.changed = cmd.Flags().Changed
			return f.run(s)
		},
	}
	f.register(cmd.Flags())
	return cmd
}

func (f *capacityFlags) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "service-time" { // as `weir run` calls it
			name = "duration"
		}
		return pflag.NormalizedName(name)
	})
	flags.IntVar(&f.workers, "workers", 0, "number of workers of the server")
	flags.Var(&f.service, "duration", "mean time that a worker is busy with one request, e.g. `200ms`")
	flags.IntVar(&f.connections, "worker-connections", 1, "requests that one worker serves at the same time")
	flags.IntVar(&f.backlog, "backlog", backlogAssumed, "backlog that the server gives to listen()")
	flags.Var(&f.deadline, "deadline", "time after which a client no longer wants the answer, e.g. `10s`")
	flags.StringVar(&f.rate, "rate", "", "offered `rate`: 200, 200/s or 3000/m")
	flags.Float64Var(&f.cv, "service-cv", 1, "coefficient of variation of --duration, `0..1`: 0 is"+
		" constant, 1 is exponential")
	flags.StringVar(&f.targetRate, "target-rate", "", "find workers and backlog for this `rate`")
	flags.Var(&f.maxLoss, "max-loss", "`share` of --target-rate that may fail")
	flags.Var(&f.headRoom, "head-room", "spare `share` on top of --target-rate, e.g. 20%")
	flags.StringVar(&f.arrival, "arrival", string(plan.Poisson),
		"arrivals at --target-rate: `constant|poisson`")
	flags.IntVar(&f.burst, "burst", 0, "additional requests that arrive at the same moment")
	flags.BoolVar(&f.json, "json", false, "print JSON, schema "+capacitySchemaName)
	flags.BoolVar(&f.printSchema, "print-schema", false,
		"print the JSON Schema of --json, which describes every key")
}

func (f *capacityFlags) run(s streams) error {
	if f.printSchema {
		_, err := s.out.Write(capacitySchema)
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	report, err := f.compute()
	if err != nil {
		return err
	}
	if f.json {
		return report.writeJSON(s.out)
	}
	return doc.WriteText(s.out, report.document(), textOptions(s))
}

func (f *capacityFlags) check() error {
	switch {
	case !f.changed("workers") && !f.changed("duration"):
		return usage("capacity of what? give --workers and --duration, as in --workers 8 --duration 200ms")
	case !f.changed("duration"):
		return usage("how long is a worker busy with one request? give --duration, as in --duration 200ms")
	case f.workers < 1:
		return usage("--workers must be at least 1, not %d: how many can the server serve with at once?",
			f.workers)
	case f.service <= 0:
		return usage("--duration must be above 0, not %v: it is how long a worker is busy with one request",
			time.Duration(f.service))
	case f.connections < 1:
		return usage("--worker-connections must be at least 1 (a synchronous worker), not %d", f.connections)
	case f.workers > capacity.MaxServers/f.connections:
		return usage("--workers × --worker-connections is more than %d requests at once: check both",
			capacity.MaxServers)
	case f.backlog < 0 || f.backlog > capacity.MaxBacklog:
		return usage("--backlog must be from 0 to %d, not %d", capacity.MaxBacklog, f.backlog)
	case f.changed("deadline") && f.deadline <= 0:
		return usage("--deadline must be above 0, not %v", time.Duration(f.deadline))
	case !(f.cv >= 0 && f.cv <= 1):
		return usage("--service-cv must be from 0 (always the same) to 1 (exponential), not %v: no formula"+
			" here holds beyond", f.cv)
	}
	return cmp.Or(f.checkTarget(), checkRate("--rate", f.rate), checkRate("--target-rate", f.targetRate))
}

func (f *capacityFlags) checkTarget() error {
	for _, name := range []string{"max-loss", "head-room", "burst"} {
		if f.targetRate == "" && f.changed(name) {
			return usage("--%s is about a rate to build for: give --target-rate too", name)
		}
	}
	if f.arrival != string(plan.Constant) && f.arrival != string(plan.Poisson) {
		return usage("--arrival must be constant or poisson, not %s", quoted(f.arrival))
	}
	switch poisson := f.arrival == string(plan.Poisson); {
	case f.maxLoss >= 1:
		return usage("--max-loss must be below 100%%, not %s", f.maxLoss.String())
	case poisson && f.targetRate != "" && f.maxLoss < 1e-8:
		return usage("--max-loss %s: Poisson arrivals always lose something: say 0.001%%, or --arrival"+
			" constant", f.maxLoss.String())
	case f.headRoom > 100:
		return usage("--head-room must be at most 10000%%, not %s", f.headRoom.String())
	case f.burst < 0 || f.burst > capacity.MaxBacklog:
		return usage("--burst must be from 0 to %d, not %d", capacity.MaxBacklog, f.burst)
	}
	return nil
}

func checkRate(flag, text string) error {
	if text == "" {
		return nil
	}
	if _, err := plan.ParseRate(text); err != nil {
		return usage("%s: %w", flag, err)
	}
	return nil
}

// model is the server that the flags describe.
func (f *capacityFlags) model() (capacity.Model, error) {
	m := capacity.Model{Workers: f.workers, Connections: f.connections, Service: time.Duration(f.service),
		Backlog: f.backlog}
	if err := m.Validate(); err != nil {
		return m, fmt.Errorf("the server: %w", err)
	}
	return m, nil
}

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
		LossPoisson: loss.Loss, LossMMcK: loss.Exponential, LossMDcK: loss.Constant,
		LossMDcKMethod:    string(loss.Method),
		FirstOverflowIdle: orNull(m.FirstOverflowIdle(rate)),
		FirstOverflowBusy: orNull(m.FirstOverflowBusy(rate)),
	}
	if r.DeadWork == nil || !*r.DeadWork {
		return out
	}
	if zero := 0.0; time.Duration(f.deadline) < m.Service {
		out.LateFrom = &zero
		return out
	}
	// a queue is too long for the deadline from its first place that does not fit on
	m.Backlog = inTime(r) - 1
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
		RPS: rate, Arrival: f.arrival, MaxLoss: d.MaxLoss, HeadRoom: d.HeadRoom, PlannedRPS: d.PlannedRate(),
		Burst: d.Burst,
	}
	t.OwnBacklog = backlogFor(d, m)
	var ok bool
	if t.Workers, ok = d.Workers(m); !ok {
		return nil, usage("%s at %v a request takes more than %d requests at once: check --target-rate and"+
			" --duration",
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

// durationValue is a flag that knows what "200" probably means.
type durationValue time.Duration

func (d *durationValue) Set(text string) error {
	value, err := time.ParseDuration(text)
	if _, bare := strconv.ParseFloat(text, 64); err != nil && bare == nil {
		return fmt.Errorf("it has no unit: did you mean %sms?", text)
	}
	if err != nil {
		return fmt.Errorf("write a duration like 200ms, 3s or 1m30s")
	}
	*d = durationValue(value)
	return nil
}

func (d *durationValue) Type() string { return "duration" }

func (d *durationValue) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

// shareValue is a flag in per cent. The sign is wanted, for 0.1 could be either.
type shareValue float64

func (s *shareValue) Set(text string) error {
	number, ok := strings.CutSuffix(strings.TrimSpace(text), "%")
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	switch {
	case err != nil || math.IsNaN(value) || math.IsInf(value, 0):
		return fmt.Errorf("write a share like 0.1%%")
	case !ok:
		return fmt.Errorf("it has no unit: did you mean %s%%?", text)
	case value < 0:
		return fmt.Errorf("a share is 0%% or more")
	}
	*s = shareValue(value / 100)
	return nil
}

func (s *shareValue) Type() string { return "share" }

func (s *shareValue) String() string {
	return strconv.FormatFloat(float64(*s)*100, 'g', 6, 64) + "%"
}
