package unit

// Estimate is a measured number with its interval. A nil Value is not known. A nil bound of a known value is
// unbounded on that side; both nil: there is no interval. N is how many observations it rests on, 0 where that has
// no meaning.
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

// String is "397 req/s [388, 405]": the value with its unit, the interval in the same unit.
func (e Estimate) String() string {
	if e.Value == nil {
		return Unknown
	}
	text := e.Unit.Format(*e.Value)
	if interval := e.Interval(); interval != "" {
		text += " " + interval
	}
	return text
}

// Interval is "[388, 405]", in the unit in which the value is written; "" where there is none.
func (e Estimate) Interval() string {
	if e.Value == nil || e.Low == nil && e.High == nil {
		return ""
	}
	factor, _ := e.Unit.scale(*e.Value)
	bound := func(x *float64, unbounded string) string {
		if x == nil {
			return unbounded
		}
		return Digits(*x*factor, figures)
	}
	return "[" + bound(e.Low, "−∞") + ", " + bound(e.High, "∞") + "]"
}
