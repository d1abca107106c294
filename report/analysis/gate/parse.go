package gate

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Parse reads one assertion. The error is a *SyntaxError.
func Parse(expr string) (Assertion, error) {
	p := parser{expr: expr}
	a := Assertion{Expr: strings.TrimSpace(expr), Level: DefaultLevel}
	err := p.assertion(&a)
	return a, err
}

// maxExpr bounds what is looked at: names are compared with all that there are.
const maxExpr = 1000

// parser walks over an expression from left to right.
type parser struct {
	expr string
	at   int // in bytes
}

func (p *parser) assertion(a *Assertion) error {
	if len(p.expr) > maxExpr {
		p.expr = strings.ToValidUTF8(p.expr[:40], "") + "…"
		return p.fail(0, "longer than %d characters: write several", maxExpr)
	}
	for {
		t, err := p.term()
		if err != nil {
			return err
		}
		if a.Terms = append(a.Terms, t); !p.take("/") {
			break
		}
	}
	if err := p.divisible(a.Terms); err != nil {
		return err
	}
	if err := p.comparison(a); err != nil {
		return err
	}
	if err := p.over(a); err != nil {
		return err
	}
	if err := p.level(a); err != nil {
		return err
	}
	a.Abort = p.word("abort")
	if p.blank(); p.at < len(p.expr) {
		return p.fail(p.at, "nothing is expected here but, in this order: over DURATION, @PERCENT, abort")
	}
	return nil
}

var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*`)

func (p *parser) term() (Term, error) {
	p.blank()
	start := p.at
	text := name.FindString(p.expr[p.at:])
	if text == "" {
		return Term{}, p.fail(start, "a metric is expected, like bad.rate, proxy.onset.rate or baseline.latency.p99")
	}
	p.at += len(text)
	t := Term{Column: p.column(start)}
	rest, found := strings.CutPrefix(text, baselinePrefix)
	t.Baseline = found
	if m := lookup(rest); m != nil {
		t.Metric, t.metric = m.name, m
		return t, nil
	}
	lane, inLane, _ := strings.Cut(rest, ".")
	if m := lookup(inLane); m != nil {
		if !m.ofLane {
			return Term{}, p.fail(start, "%s belongs to the run and to no lane: write %s", m.name, m.name)
		}
		t.Lane, t.Metric, t.metric = lane, m.name, m
		return t, nil
	}
	near := text[:len(text)-len(rest)] + suggest(rest)
	return Term{}, p.fail(start, "unknown metric %q; did you mean %s?", text, near)
}

// divisible makes sure that the quotient means something.
func (p *parser) divisible(terms []Term) error {
	u := terms[0].metric.unit
	for _, t := range terms[1:] {
		q, ok := quotient(u, t.metric.unit)
		if !ok {
			return &SyntaxError{Expr: p.expr, Column: t.Column, Text: fmt.Sprintf("a %s cannot be divided by the %s %s: divide like by like", u, t.metric.unit, t.Metric)}
		}
		u = q
	}
	return nil
}

var ops = regexp.MustCompile(`^(<=|>=|==|!=|<|>|in\b)`)

func (p *parser) comparison(a *Assertion) error {
	p.blank()
	op := ops.FindString(p.expr[p.at:])
	if op == "" {
		return p.fail(p.at, "a comparison is expected: one of < <= > >= == != and in A..B")
	}
	p.at += len(op)
	a.Op = Op(op)
	low, err := p.quantity()
	if err != nil {
		return err
	}
	high := low
	if a.Op == In {
		if !p.take("..") {
			return p.fail(p.at, "a range is expected after in, like 0.95..1.10")
		}
		if high, err = p.quantity(); err != nil {
			return err
		}
		if low.suffix == "" { // 20..30ms
			low.suffix = high.suffix
		}
	}
	return p.limit(a, low, high)
}

func (p *parser) limit(a *Assertion, low, high quantity) (err error) {
	for _, q := range []struct {
		quantity
		to *float64
	}{{low, &a.Limit.Low}, {high, &a.Limit.High}} {
		if *q.to, err = limitIn(a.kind(), q.number, q.suffix); err != nil {
			return p.fail(q.start, "%w", err)
		}
	}
	if a.Limit.Low > a.Limit.High {
		return p.fail(low.start, "%s is above %s: no value lies between them", low, high)
	}
	a.Limit.Text = low.String()
	if a.Op == In {
		a.Limit.Text += ".." + high.String()
	}
	return nil
}

func (p *parser) over(a *Assertion) error {
	p.blank()
	start := p.at
	if !p.word("over") {
		return nil
	}
	for _, t := range a.Terms {
		if t.metric.window == nil {
			return p.fail(start, "%s is known of the whole run only: over goes with %s", t.Metric, strings.Join(windowed(), ", "))
		}
	}
	if len(a.Terms) > 1 {
		return p.fail(start, "over takes one metric and no ratio")
	}
	p.blank()
	at := p.at
	text := strings.TrimRight(regexp.MustCompile(`^[0-9A-Za-zµ.]*`).FindString(p.expr[at:]), ".")
	p.at += len(text)
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return p.fail(at, "a duration is expected after over, like 10s")
	}
	a.Over = d
	return nil
}

func (p *parser) level(a *Assertion) error {
	p.blank()
	start := p.at
	if !p.take("@") {
		return nil
	}
	text := number.FindString(p.expr[p.at:])
	p.at += len(text)
	p.take("%")
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || x <= 50 || x > 99.999 {
		return p.fail(start, "a confidence in per cent is expected after @, above 50 and up to 99.999, like @95")
	}
	fixed := slices.IndexFunc(a.Terms, func(t Term) bool { return !t.metric.anyLevel })
	if fixed >= 0 && x != DefaultLevel {
		return p.fail(start, "the interval of %s is there at 95 %% only: write @95, or nothing", a.Terms[fixed].Metric)
	}
	a.Level = x
	return nil
}
