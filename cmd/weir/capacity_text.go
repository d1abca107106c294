package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"weir/loadgen/plan"
	"weir/report/capacity"
)

// Columns of the text: what, how much, and the formula that says why. Together 79.
const (
	whatWidth, muchWidth, whyWidth = 21, 13, 45
)

// capacityPage collects lines.
type capacityPage struct{ strings.Builder }

// row writes a line, its formula wrapped within its own column.
func (p *capacityPage) row(what, much, why string, args ...any) {
	for _, line := range wrapped(fmt.Sprintf(why, args...), whyWidth) {
		line = padded(what, whatWidth) + padded(much, muchWidth) + line
		p.WriteString(strings.TrimRight(line, " ") + "\n")
		what, much = "", ""
	}
}

func padded(s string, width int) string {
	return s + strings.Repeat(" ", max(1, width-utf8.RuneCountInString(s)))
}

func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

func (r *capacityReport) writeText(w io.Writer) error {
	var p capacityPage
	r.server(&p)
	if r.Rate != nil {
		r.atRate(&p)
	}
	if r.Target != nil {
		r.forTarget(&p)
	}
	_, err := io.WriteString(w, strings.ReplaceAll(p.String(), nbsp, " "))
	return err
}

func (r *capacityReport) server(p *capacityPage) {
	in := r.Input
	servers := fmt.Sprintf("W = %d %s", in.Workers, either(in.Workers == 1, "worker", "workers"))
	if in.WorkerConnections > 1 {
		servers += fmt.Sprintf(" × %d (they only wait)", in.WorkerConnections)
	}
	p.row("capacity", figures(r.CapacityRPS)+" req/s", "μ = W/S, %s, S = %s", servers, period(in.ServiceTime))
	p.row("queue places", strconv.Itoa(r.QueueSlots), "C = B + 1, backlog B = %d%s", in.Backlog,
		either(in.BacklogAssumed, " (assumed)", ""))
	p.row("longest queue wait", period(r.LongestWait), "C/μ")
	within := ""
	if in.Deadline != nil {
		within = either(*r.DeadWork, ", over the deadline D = ", ", within the deadline D = ") + period(*in.Deadline)
	}
	p.row("slowest answer", period(r.SlowestAnswer), "C/μ + S%s", within)
	if in.Deadline != nil && *r.DeadWork {
		p.row("dead work", "yes", "behind a full queue every answer is late: goodput falls to 0, even if nothing overflows")
		if r.BacklogInTime == nil {
			p.row("backlog in time", "none", "(D−S)·μ − 1 < 0: no time is left to wait")
		} else {
			p.row("backlog in time", strconv.Itoa(*r.BacklogInTime), "at most (D−S)·μ − 1")
		}
	}
	t := r.Trials
	p.row("trial to see +1 %", period(t[0].Duration), "T ≥ C/(δμ); +2 %%: %s; +5 %%: %s", period(t[1].Duration), period(t[2].Duration))
}

func (r *capacityReport) atRate(p *capacityPage) {
	at := r.Rate
	fmt.Fprintf(p, "\noffered L = %s req/s\n", figures(at.RPS))
	p.row("utilisation", percent(at.Utilisation), "ρ = L/μ")
	p.row("loss, constant", percent(at.LossConstant), "%s", either(at.LossConstant > 0, "1 − μ/L, evenly spaced arrivals", "L ≤ μ, evenly spaced arrivals"))
	p.row("loss, Poisson", percent(at.LossPoisson), "%s; %s", r.lossFormula(), r.variation())
	if at.FirstOverflowIdle == nil {
		p.row("first overflow", "never", "L ≤ μ, constant; Poisson: as often as loss")
	} else {
		p.row("overflow from idle", period(*at.FirstOverflowIdle), "%s", r.fromIdle(r.QueueSlots))
		p.row("overflow from busy", period(*at.FirstOverflowBusy), "C/(L−μ), all workers busy, queue empty")
	}
	if at.LateFrom != nil {
		in := inTime(r)
		p.row("late answers from", period(*at.LateFrom), "%s", either(*at.LateFrom == 0, "S > D: all of them",
			fmt.Sprintf("%s, C = ⌊(D−S)·μ⌋ = %d", r.fromIdle(in), in)))
	}
}

// fromIdle is the formula by which so many queue places of an idle server are full (capacity.Model.FirstOverflowIdle).
func (r *capacityReport) fromIdle(slots int) string {
	return either(float64(r.Servers+slots)/r.Rate.RPS < r.Input.ServiceTime, "(W+C)/L, before the first answer", "(C + W/2·(1−μ/L))/(L−μ)")
}

// lossFormula names where the loss of Poisson arrivals comes from.
func (r *capacityReport) lossFormula() string {
	constant := map[capacity.ConstantMethod]string{
		capacity.Tijms:            "P_D of M/D/c/K (Tijms)",
		capacity.DoubledQueue:     "P_D ≈ P_M with 2C places",
		capacity.ExponentialBound: "P_D ≤ P_M",
	}[capacity.ConstantMethod(r.Rate.LossMDcKMethod)]
	if r.Rate.LossMDcKMethod != string(capacity.ExponentialBound) && r.QueueSlots < r.Servers {
		constant += ", low by up to a third as C < W"
	}
	places := fmt.Sprintf("c = %d, K = W+C = %d", r.Servers, r.Servers+r.QueueSlots)
	switch r.Input.ServiceCV {
	case 1:
		return "P_M of M/M/c/K, " + places
	case 0:
		return constant + ", " + places
	}
	return fmt.Sprintf("cv²·P_M + (1−cv²)·P_D: M/M/c/K %s, %s, %s", percent(r.Rate.LossMMcK), constant, places)
}

func (r *capacityReport) variation() string {
	return "service cv " + figures(r.Input.ServiceCV) + either(r.Input.ServiceCVAssumed, ", assumed", "")
}

func (r *capacityReport) forTarget(p *capacityPage) {
	t := r.Target
	poisson := t.Arrival == string(plan.Poisson)
	title := fmt.Sprintf("wanted %s req/s%s, at most %s lost, %s arrivals%s", figures(t.RPS),
		either(t.HeadRoom > 0, " + "+percent(t.HeadRoom), ""), percent(t.MaxLoss), either(poisson, "Poisson", "evenly spaced"),
		either(t.Burst > 0, fmt.Sprintf(", bursts of %d", t.Burst), ""))
	fmt.Fprintf(p, "\n%s\n", strings.Join(wrapped(title, whatWidth+muchWidth+whyWidth), "\n  "))
	model := "1 − μ/L"
	if poisson {
		model = either(r.Input.ServiceCV < 1, "cv²·P_M + (1−cv²)·P_D; ", "M/M/c/K; ") + r.variation()
	}
	p.row("workers", strconv.Itoa(t.Workers), "smallest W that at B = %d loses no more: %s (%s)", r.Input.Backlog, percent(t.Loss), model)
	p.row("their capacity", figures(t.CapacityRPS)+" req/s", "W/S; head-room μ/L − 1 = %s", percent(t.CapacityRPS/t.RPS-1))
	r.backlog(p, "backlog for them", t.Backlog)
	highest := t.Backlog.Backlog
	switch own := t.OwnBacklog; {
	case own == nil:
		p.row("backlog for your "+strconv.Itoa(r.Input.Workers), "none", "ρ = %s: a queue buys time, no capacity", percent(t.PlannedRPS/r.CapacityRPS))
	case r.Input.Workers != t.Workers:
		r.backlog(p, "backlog for your "+strconv.Itoa(r.Input.Workers), *own)
		highest = max(highest, own.Backlog)
	}
	p.row("somaxconn", "≥ "+strconv.Itoa(highest), "listen() clamps B to net.core.somaxconn: 4096, before Linux 5.4 128%s",
		either(highest > 128, "; after raising it restart the server", ""))
}

// backlog says how long a queue has to be, and what it costs.
func (r *capacityReport) backlog(p *capacityPage, what string, b capacityBacklog) {
	if b.Backlog == 0 && r.Target.Arrival == string(plan.Constant) {
		p.row(what, "0", "L ≤ μ, evenly spaced: none waits")
		return
	}
	late := ""
	if d := r.Input.Deadline; d != nil && b.LongestWait+r.Input.ServiceTime > *d {
		late = ", and with S it passes the deadline"
	}
	burst := either(r.Target.Burst > 0, " + burst − (W − LS)", "")
	p.row(what, strconv.Itoa(b.Backlog), "for that loss%s; the last waits C/μ = %s%s", burst, period(b.LongestWait), late)
}

func either(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}
