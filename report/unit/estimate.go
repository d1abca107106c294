package unit

// Estimate is a measured number with its interval. A nil Value is not known, but its bounds may be. A nil
// bound of a known value is unbounded on that side; both nil: there is no interval. N is how many
// observations it rests on, 0 where that has no meaning.
type Estimate struct {
	Value, Low, High *float64
	N                uint64
	Unit             Unit
}

// Of is an estimate with both bounds.
func Of(u Unit, value, low, high float64) Estimate {
	return Estimate{Value: &value, Low: &low, High: &high, Unit: u}
}

// Exactly is a number without an interval: it was counted or stated.
func Exactly(u Unit, value float64) Estimate { return Estimate{Value: &value, Unit: u} }

// Maybe is a number that may be absent, without an interval.
func Maybe(u Unit, value *float64) Estimate { return Estimate{Value: value, Unit: u} }

// String is "397 req/s [388, 405]": the value with its unit, the interval in the same unit. Of a value that
// is not known it is the bounds, "at least 388 req/s".
func (e Estimate) String() string { return e.FormatTo(figures) }

// FormatTo is String with so many significant digits.
func (e Estimate) FormatTo(digits int) string {
	if e.Value == nil {
		switch {
		case e.Low != nil && e.High != nil:
			return e.Unit.Format(*e.Low) + " to " + e.Unit.Format(*e.High)
		case e.Low != nil:
			return "at least " + e.Unit.Format(*e.Low)
		case e.High != nil:
			return "at most " + e.Unit.Format(*e.High)
		}
		return Unknown
	}
	text := e.Unit.FormatTo(*e.Value, digits)
	if interval := e.interval(digits); interval != "" {
		text += " " + interval
	}
	return text
}

// Interval is "[388, 405]", in the unit in which the value is written; "" where there is none.
func (e Estimate) Interval() string { return e.interval(figures) }

func (e Estimate) interval(digits int) string {
	if e.Value == nil || e.Low == nil && e.High == nil {
		return ""
	}
	factor, _ := e.Unit.scale(*e.Value)
	bound := func(x *float64, unbounded string) string {
		switch {
		case x == nil:
			return unbounded
		case e.Unit == Quotient, e.Unit == Count:
			return e.Unit.Format(*x)
		}
		return Digits(*x*factor, digits)
	}
	return "[" + bound(e.Low, "−∞") + ", " + bound(e.High, "∞") + "]"
}
