package report

import (
	"weir/report/doc"
	"weir/report/result"
	"weir/report/unit"
	"weir/report/words"
)

type args = result.Args

// say is a sentence of package words, "" without a code.
func say(code result.Code, a args) string {
	if code == "" {
		return ""
	}
	return words.Of(result.Finding{Code: code, Args: a})
}

// answer is a cell with a sentence.
func answer(code result.Code, a args) doc.Cell { return doc.Cell{Text: doc.T(say(code, a))} }

// missing is a cell that says why it has no answer.
func missing(code result.Code, a args) doc.Cell {
	return doc.Cell{Text: doc.T(say(code, a)), Tone: doc.Muted}
}

// estimated is a cell with a number and, beside it, its interval.
func estimated(e unit.Estimate) doc.Cell {
	if e.Value == nil {
		return doc.Cell{Text: doc.T(unit.Unknown), Tone: doc.Muted}
	}
	beside := e.Interval()
	if beside == "" {
		beside = say("no_interval", nil)
	}
	return doc.Cell{Text: doc.T(e.Unit.Format(*e.Value)).With(beside)}
}

// quantile is a quantile of a latency with its interval, or why there is none.
func quantile(value *float64, b *result.Bounds, n uint64) doc.Cell {
	switch {
	case n == 0:
		return missing("nothing_ok", nil)
	case value == nil:
		return missing("too_few", args{"n": n})
	}
	e := unit.Exactly(unit.Time, *value)
	if b != nil {
		e.Low, e.High = &b.Low, &b.High
	}
	return estimated(e)
}

// counted is a count, or a dash where it is not known.
func counted(n *uint64) string {
	if n == nil {
		return "–"
	}
	return unit.Int(*n)
}

// some is a count that is left out of a sentence where it is zero.
func some(n uint64) any {
	if n == 0 {
		return nil
	}
	return n
}

// limit is a bound in time, of which 0 means that there was none.
func limit(s float64) string {
	if s == 0 {
		return say("no_limit", nil)
	}
	return unit.Time.Format(s)
}

// seconds is a time, where it is known.
func seconds(s *float64) string { return unit.Maybe(unit.Time, s).String() }

// share is n of a total.
func share(n, total uint64) string {
	if total == 0 {
		return "–"
	}
	return unit.Share.Format(float64(n) / float64(total))
}
