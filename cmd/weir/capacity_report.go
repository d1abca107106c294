package main

import (
	"encoding/json"
	"fmt"
	"io"

	"weir/loadgen/plan"
	"weir/report/capacity"
	"weir/report/doc"
	"weir/report/result"
	"weir/report/unit"
	"weir/report/words"
)

const capacitySchemaName = "weir.capacity/1"

// capacityReport is what `weir capacity --json` prints. Times are seconds, rates per second, shares fractions
// of 1; null is what does not exist (an overflow that never comes) or was not asked for.
type capacityReport struct {
	Schema string        `json:"schema"` // "weir.capacity/1"
	Input  capacityInput `json:"input"`  // what was asked

	CapacityRPS   float64 `json:"capacity_rps"`     // μ = W/S
	Servers       int     `json:"servers"`          // W: workers × connections
	QueueSlots    int     `json:"queue_slots"`      // C: backlog + 1
	LongestWait   float64 `json:"longest_wait_s"`   // in the queue, C/μ
	SlowestAnswer float64 `json:"slowest_answer_s"` // C/μ + S

	// with a deadline D: whether a full queue yields nothing but late answers, C/μ + S > D
	DeadWork *bool `json:"dead_work"`
	// the largest backlog with which it does not, (D−S)μ − 1; null: none is small enough
	BacklogInTime *int `json:"backlog_in_time"`

	Trials []capacityTrial `json:"trials"` // how long they must last
	Rate   *capacityRate   `json:"rate"`   // with --rate
	Target *capacityTarget `json:"target"` // with --target-rate
}

// capacityInput is what the answer rests on.
type capacityInput struct {
	Workers           int      `json:"workers"`            // as given
	WorkerConnections int      `json:"worker_connections"` // requests that one worker serves at the same time
	ServiceTime       float64  `json:"service_time_s"`     // S: a worker's whole busy period
	ServiceCV         float64  `json:"service_cv"`         // its coefficient of variation, 0 to 1
	ServiceCVAssumed  bool     `json:"service_cv_assumed"` // not given
	Backlog           int      `json:"backlog"`            // as given to listen()
	BacklogAssumed    bool     `json:"backlog_assumed"`    // not given
	Deadline          *float64 `json:"deadline_s"`         // after which an answer is not wanted
}

// capacityTrial is how long a trial must last to show an overload, C/(δμ).
type capacityTrial struct {
	Overload float64 `json:"overload"`   // δ, a share of the capacity
	Duration float64 `json:"duration_s"` // of the trial, at least
}

// capacityRate is what a rate does to the server.
type capacityRate struct {
	RPS          float64 `json:"rps"`           // L, offered
	Utilisation  float64 `json:"utilisation"`   // ρ = L/μ
	LossConstant float64 `json:"loss_constant"` // 1−μ/L, evenly spaced arrivals
	LossPoisson  float64 `json:"loss_poisson"`  // cv²·loss_mmck + (1−cv²)·loss_mdck
	LossMMcK     float64 `json:"loss_mmck"`     // of M/M/c/K: exponential service
	LossMDcK     float64 `json:"loss_mdck"`     // of M/D/c/K: a service that always takes as long
	// tijms; doubled_queue: M/M/c/K with 2C places, near and above capacity; exponential_bound: loss_mmck
	// itself. The first two are low by up to a third where there are fewer places than servers.
	LossMDcKMethod string `json:"loss_mdck_method"`
	// from idle; null: never, at evenly spaced arrivals
	FirstOverflowIdle *float64 `json:"first_overflow_idle_s"`
	// with all workers busy, the queue empty; null: never
	FirstOverflowBusy *float64 `json:"first_overflow_busy_s"`
	// dead work: from idle, when the first request comes that will be answered late
	LateFrom *float64 `json:"late_from_s"`
}

// capacityTarget is what a rate needs.
type capacityTarget struct {
	RPS        float64 `json:"rps"`         // wanted
	Arrival    string  `json:"arrival"`     // constant or poisson
	MaxLoss    float64 `json:"max_loss"`    // as asked for
	HeadRoom   float64 `json:"head_room"`   // as asked for
	PlannedRPS float64 `json:"planned_rps"` // with it
	Burst      int     `json:"burst"`       // requests that come at once besides
	// smallest number that loses no more, at the backlog of input
	Workers     int             `json:"workers"`
	CapacityRPS float64         `json:"capacity_rps"` // of these workers
	Loss        float64         `json:"loss"`         // of these workers, of planned_rps
	Backlog     capacityBacklog `json:"backlog"`      // the smallest that suffices with these workers
	// the smallest that suffices with those of input; null: none does
	OwnBacklog *capacityBacklog `json:"own_backlog"`
}

// capacityBacklog is a backlog and what it costs. net.core.somaxconn must be as high.
type capacityBacklog struct {
	Backlog     int     `json:"backlog"`        // as given to listen()
	LongestWait float64 `json:"longest_wait_s"` // C/μ
}

func (r *capacityReport) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// document has a line for each number: what it is, how much, and the formula that says why.
func (r *capacityReport) document() doc.Document {
	p := capacityTable{doc.Table{Columns: []doc.Column{{}, {Prose: true}}}}
	r.server(&p)
	if r.Rate != nil {
		r.atRate(&p)
	}
	if r.Target != nil {
		r.forTarget(&p)
	}
	return doc.Document{Margin: 21, Blocks: []doc.Block{p.Table}}
}

// capacityTable collects rows.
type capacityTable struct{ doc.Table }

func (p *capacityTable) row(what, much string, why result.Code, a result.Args) {
	p.Rows = append(p.Rows, doc.Row{Label: doc.T(what), Cells: doc.Cells(much, say(why, a))})
}

func (p *capacityTable) heading(code result.Code, a result.Args) {
	p.Rows = append(p.Rows, doc.Row{Label: doc.T(say(code, a))})
}

func whole(n int) string { return unit.Int(uint64(n)) }

func say(code result.Code, a result.Args) string {
	return words.Of(result.Finding{Code: code, Args: a})
}

var rate, period = unit.Rate.Format, unit.Time.Format

// loss writes a share. One below a millionth is not worth its digits.
func loss(x float64) string {
	if x > 0 && x < 1e-6 {
		return "< 0.0001 %"
	}
	return unit.Share.Format(x)
}

// over is a number that a sentence names only where it is above the least of its kind.
func over(n, least int) any {
	if n <= least {
		return nil
	}
	return n
}

func (r *capacityReport) server(p *capacityTable) {
	in := r.Input
	p.row("capacity", rate(r.CapacityRPS), "formula.capacity",
		result.Args{"workers": in.Workers, "connections": over(in.WorkerConnections, 1),
			"service": in.ServiceTime})
	p.row("queue places", whole(r.QueueSlots), "formula.places",
		result.Args{"backlog": in.Backlog, "assumed": in.BacklogAssumed})
	p.row("longest queue wait", period(r.LongestWait), "formula.wait", nil)
	late := r.DeadWork != nil && *r.DeadWork
	slowest := result.Code("formula.answer")
	if in.Deadline != nil {
		slowest = either[result.Code](late, "formula.answer_late", "formula.answer_in_time")
	}
	p.row("slowest answer", period(r.SlowestAnswer), slowest, result.Args{"deadline": in.Deadline})
	if late {
		p.row("dead work", "yes", "formula.dead_work", nil)
		if r.BacklogInTime == nil {
			p.row("backlog in time", "none", "formula.no_backlog", nil)
		} else {
			p.row("backlog in time", whole(*r.BacklogInTime), "formula.backlog", nil)
		}
	}
	p.row("trial to see +1 %", period(r.Trials[0].Duration), "formula.trial",
		result.Args{"two": r.Trials[1].Duration, "five": r.Trials[2].Duration})
}

func (r *capacityReport) atRate(p *capacityTable) {
	at := r.Rate
	p.heading("capacity.offered", result.Args{"rate": at.RPS})
	p.row("utilisation", unit.Share.Format(at.Utilisation), "formula.utilisation", nil)
	p.row("loss, constant", loss(at.LossConstant),
		either[result.Code](at.LossConstant > 0, "formula.loss", "formula.no_loss"), nil)
	p.row("loss, Poisson", loss(at.LossPoisson), "formula.poisson",
		result.Args{"formula": r.lossFormula(), "cv": r.variation()})
	if at.FirstOverflowIdle == nil {
		p.row("first overflow", "never", "formula.never", nil)
	} else {
		p.row("overflow from idle", period(*at.FirstOverflowIdle), r.fromIdle(r.QueueSlots), nil)
		p.row("overflow from busy", period(*at.FirstOverflowBusy), "formula.from_busy", nil)
	}
	switch places := inTime(r); {
	case at.LateFrom == nil:
	case *at.LateFrom == 0:
		p.row("late answers from", period(0), "formula.all_late", nil)
	default:
		p.row("late answers from", period(*at.LateFrom), "formula.late",
			result.Args{"idle": say(r.fromIdle(places), nil), "places": places})
	}
}

// fromIdle is the formula by which so many queue places of an idle server are full
// (capacity.Model.FirstOverflowIdle).
func (r *capacityReport) fromIdle(slots int) result.Code {
	return either[result.Code](float64(r.Servers+slots)/r.Rate.RPS < r.Input.ServiceTime,
		"formula.before_first", "formula.from_idle")
}

// lossFormula names where the loss of Poisson arrivals comes from.
func (r *capacityReport) lossFormula() string {
	method := capacity.ConstantMethod(r.Rate.LossMDcKMethod)
	a := result.Args{"servers": r.Servers, "places": r.Servers + r.QueueSlots,
		"exponential": loss(r.Rate.LossMMcK),
		"constant":    say("formula."+result.Code(method), nil),
		"low":         method != capacity.ExponentialBound && r.QueueSlots < r.Servers}
	switch r.Input.ServiceCV {
	case 1:
		return say("formula.mmck", a)
	case 0:
		return say("formula.mdck", a)
	}
	return say("formula.mixed", a)
}

func (r *capacityReport) variation() string {
	return say("formula.cv", result.Args{"cv": fmt.Sprint(r.Input.ServiceCV),
		"assumed": r.Input.ServiceCVAssumed})
}

func (r *capacityReport) forTarget(p *capacityTable) {
	t := r.Target
	poisson := t.Arrival == string(plan.Poisson)
	a := result.Args{"rate": t.RPS, "loss": loss(t.MaxLoss), "poisson": poisson, "constant": !poisson,
		"burst": over(t.Burst, 0)}
	if t.HeadRoom > 0 {
		a["room"] = t.HeadRoom
	}
	p.heading("capacity.wanted", a)
	a = result.Args{"backlog": r.Input.Backlog, "loss": loss(t.Loss), "constant": !poisson,
		"poisson": poisson && r.Input.ServiceCV == 1,
		"mixed":   poisson && r.Input.ServiceCV < 1, "cv": r.variation()}
	p.row("workers", whole(t.Workers), "formula.workers", a)
	p.row("their capacity", rate(t.CapacityRPS), "formula.head_room",
		result.Args{"room": unit.Share.Format(t.CapacityRPS/t.RPS - 1)})
	r.backlog(p, "backlog for them", t.Backlog)
	highest := t.Backlog.Backlog
	own := "backlog for your " + whole(r.Input.Workers)
	switch {
	case t.OwnBacklog == nil:
		p.row(own, "none", "formula.own_none", result.Args{"utilisation": t.PlannedRPS / r.CapacityRPS})
	case r.Input.Workers != t.Workers:
		r.backlog(p, own, *t.OwnBacklog)
		highest = max(highest, t.OwnBacklog.Backlog)
	}
	p.row("somaxconn", "≥ "+whole(highest), "formula.somaxconn", result.Args{"raise": highest > 128})
}

// backlog says how long a queue has to be, and what it costs.
func (r *capacityReport) backlog(p *capacityTable, what string, b capacityBacklog) {
	if b.Backlog == 0 && r.Target.Arrival == string(plan.Constant) {
		p.row(what, "0", "formula.none_waits", nil)
		return
	}
	d := r.Input.Deadline
	p.row(what, whole(b.Backlog), "formula.for_loss",
		result.Args{"burst": r.Target.Burst > 0, "wait": b.LongestWait,
			"late": d != nil && b.LongestWait+r.Input.ServiceTime > *d})
}

func either[T any](cond bool, yes, no T) T {
	if cond {
		return yes
	}
	return no
}
