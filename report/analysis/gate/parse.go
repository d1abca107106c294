package gate

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"weir/report/unit"
)

// Parse reads one assertion. The error is a *SyntaxError.
func Parse(expr string) (Assertion, error) { return parser{expr: expr}.read() }

func (p parser) read() (Assertion, error) {
	a := Assertion{Expr: strings.TrimSpace(p.expr), Level: DefaultLevel}
	err := p.assertion(&a)
	return a, err
}

// maxExpr bounds what is looked at: names are compared with all that there are.
const maxExpr = 1000

// parser walks over an expression from left to right.
type parser struct {
	expr string
	at   int  // in bytes
	live bool // it is held against a run that goes on, which sees more in a window than the record keeps
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
	for _, part := range []func(*Assertion) error{p.divisible, p.comparison, p.over, p.level, p.end} {
		if err := part(a); err != nil {
			return err
		}
	}
	return nil
}

var (
	name   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*`)
	asWord = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.()-]*`) // what may have been meant as a name
)

func (p *parser) term() (Term, error) {
	p.blank()
	start := p.at
	text := name.FindString(p.expr[p.at:])
	if text == "" {
		return Term{}, p.fail(start, "a metric is expected, like bad.rate or baseline.proxy.onset.rate")
	}
	p.at += len(text)
	t := Term{Column: p.column(start)}
	rest, found := strings.CutPrefix(text, baselinePrefix)
	t.Baseline = found
	if t.metric = lookup(rest); t.metric == nil {
		var inLane string
		t.Lane, inLane, _ = strings.Cut(rest, ".")
		t.metric = lookup(inLane)
	}
	switch {
	case t.metric == nil:
		return Term{}, p.fail(start, "%s", unknown(asWord.FindString(p.expr[start:])))
	case t.Lane != "" && t.metric.ofRun:
		return Term{}, p.fail(start, "%s is of the whole run, not of a lane: write %s", t.metric.name,
			t.metric.name)
	}
	t.Metric = t.metric.name
	return t, nil
}

// divisible makes sure that the quotient means something.
func (p *parser) divisible(a *Assertion) error {
	u := a.Terms[0].metric.unit
	for _, t := range a.Terms[1:] {
		q, ok := quotient(u, t.metric.unit)
		if !ok {
			return a.mistake(t, "a %s cannot be divided by the %s %s: divide like by like", u, t.metric.unit,
				t.Metric)
		}
		u = q
	}
	return nil
}

var (
	ops = regexp.MustCompile(`^(<=|>=|==|!=|<|>|in\b)`)
	// meant is what people write for a comparison or between two operands, and what to say then.
	meant = []struct{ wrote, advice string }{
		{"=<", "; did you mean <=?"}, {"=>", "; did you mean >=?"}, {"=", "; did you mean ==?"},
		{"-", "; only / joins metrics: write A / B"}, {"+", "; only / joins metrics: write A / B"},
		{"*", "; only / joins metrics: write A / B"},
	}
)

func (p *parser) comparison(a *Assertion) error {
	p.blank()
	op := ops.FindString(p.expr[p.at:])
	if op == "" {
		advice := ""
		for _, m := range meant {
			if strings.HasPrefix(p.expr[p.at:], m.wrote) {
				advice = m.advice
				break
			}
		}
		return p.fail(p.at, "a comparison is expected: one of < <= > >= == != and in A..B%s", advice)
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
	for _, q := range []struct {
		quantity
		to *float64
	}{{low, &a.Limit.Low}, {high, &a.Limit.High}} {
		if *q.to, err = q.in(a.unit()); err != nil {
			return p.fail(q.start, "%w", err)
		}
	}
	if a.Limit.Low > a.Limit.High {
		return p.fail(low.start, "%s is above %s: no value lies between them", low, high)
	}
	if a.Limit.Text = low.String(); a.Op == In {
		a.Limit.Text += ".." + high.String()
	}
	return nil
}

var length = regexp.MustCompile(`^[0-9A-Za-zµ.]*`)

func (p *parser) over(a *Assertion) error {
	p.blank()
	start := p.at
	if !p.word("over") {
		return nil
	}
	for _, t := range a.Terms {
		if t.metric.in == nil && !(p.live && (t.metric.grows() || t.metric.tail())) {
			return p.fail(start, "%s is known of the whole run only: over goes with %s", t.Metric,
				strings.Join(windowed(), ", "))
		}
	}
	if len(a.Terms) > 1 {
		return p.fail(start, "over takes one metric and no ratio")
	}
	p.blank()
	at := p.at
	text := strings.TrimRight(length.FindString(p.expr[at:]), ".")
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
		return p.fail(start, "a confidence in per cent, above 50 and up to 99.999, is expected after @: @95")
	}
	fixed := slices.IndexFunc(a.Terms, func(t Term) bool { return t.metric.kind >= ordered })
	if fixed >= 0 && x != DefaultLevel {
		return p.fail(start, "%s has an interval at 95 %% only: write @95, or nothing", a.Terms[fixed].Metric)
	}
	a.Level = x
	return nil
}

var another = regexp.MustCompile(`^(&&|\|\||;|,|and\b|or\b)`)

func (p *parser) end(a *Assertion) error {
	a.Abort = p.word("abort")
	p.blank()
	switch rest := p.expr[p.at:]; {
	case rest == "":
		return nil
	case another.MatchString(rest):
		return p.fail(p.at, "an assertion has one condition: write the next one as an assertion of its own")
	}
	return p.fail(p.at, "nothing is expected here but, in this order: over DURATION, @PERCENT, abort")
}

// quantity is a number with its unit.
type quantity struct {
	start          int
	number, suffix string
}

func (q quantity) String() string { return q.number + q.suffix }

// units are those that a limit may carry.
var units = map[string]struct {
	of     unit.Unit
	factor float64
}{
	"%":  {unit.Share, .01},
	"ns": {unit.Time, 1e-9}, "us": {unit.Time, 1e-6}, "µs": {unit.Time, 1e-6}, "ms": {unit.Time, 1e-3},
	"s": {unit.Time, 1}, "m": {unit.Time, 60}, "h": {unit.Time, 3600},
	"/s": {unit.Rate, 1}, "req/s": {unit.Rate, 1}, "/m": {unit.Rate, 1. / 60}, "/h": {unit.Rate, 1. / 3600},
}

// in is the quantity as a limit of this unit, in the base unit.
func (q quantity) in(u unit.Unit) (float64, error) {
	x, err := strconv.ParseFloat(q.number, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", q.number)
	}
	suffix := map[unit.Unit]string{unit.Share: "%", unit.Time: "ms or " + q.number + "s", unit.Rate: "/s"}
	example := q.number + suffix[u]
	written, known := units[q.suffix]
	switch {
	case q.suffix != "" && !known:
		return 0, fmt.Errorf("%q is not a unit: write %s", q.suffix, example)
	case q.suffix == "" && (u == unit.Share || u == unit.Time):
		return 0, fmt.Errorf("%s has no unit: write %s", q.number, example)
	case q.suffix == "": // rates are per second everywhere in weir where nothing else is said
		return x, nil
	case written.of == u, u == unit.Ratio && written.of == unit.Share:
		return x * written.factor, nil
	}
	return 0, fmt.Errorf("%s is a %s, and a %s is compared: write %s", q, written.of, u, example)
}

var (
	number = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?`)
	suffix = regexp.MustCompile(`^[%A-Za-zµ/]+`)
	times  = regexp.MustCompile(`^([0-9.]+\s*\*|baseline\.)`)
)

func (p *parser) quantity() (quantity, error) {
	p.blank()
	q := quantity{start: p.at, number: number.FindString(p.expr[p.at:])}
	switch {
	case times.MatchString(p.expr[p.at:]):
		return q, p.fail(p.at, "a limit is a plain number: to compare with the baseline divide by it, "+
			"like bad.rate / baseline.bad.rate <= 1.1")
	case q.number == "" || len(q.number) > 20:
		return q, p.fail(p.at, "a number is expected, like 0.5%%, 250ms, 390/s or 10")
	}
	p.at += len(q.number)
	q.suffix = suffix.FindString(p.expr[p.at:])
	p.at += len(q.suffix)
	if q.suffix == "" { // "20 ms", but not "20 over" or "20 abort"
		rest := strings.TrimLeft(p.expr[p.at:], blanks)
		if word := suffix.FindString(rest); units[word].of != "" {
			q.suffix = word
			p.at = len(p.expr) - len(rest) + len(word)
		}
	}
	return q, nil
}

const blanks = " \t\r\n"

func (p *parser) blank() { p.at = len(p.expr) - len(strings.TrimLeft(p.expr[p.at:], blanks)) }

// take skips blanks and the text, if it comes next.
func (p *parser) take(text string) bool {
	p.blank()
	found := strings.HasPrefix(p.expr[p.at:], text)
	if found {
		p.at += len(text)
	}
	return found
}

// word is take for a whole word.
func (p *parser) word(text string) bool {
	p.blank()
	if rest, found := strings.CutPrefix(p.expr[p.at:], text); found && name.FindString(rest) == "" {
		p.at += len(text)
		return true
	}
	return false
}

func (p *parser) column(at int) int { return utf8.RuneCountInString(p.expr[:at]) + 1 }

func (p *parser) fail(at int, format string, args ...any) error {
	return &SyntaxError{Expr: p.expr, Column: p.column(at), Text: fmt.Errorf(format, args...).Error()}
}
