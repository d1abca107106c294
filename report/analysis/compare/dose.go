package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"weir/report/analysis"
	"weir/report/analysis/estimate"
)

// Dose is the third level of evidence: over several runs that differ in workers or service time, the onset of failures
// moves with workers ÷ service time. One run has one capacity, and never shows it.
type Dose struct {
	Schema string     `json:"schema"` // "weir.dose/1"
	Lanes  []DoseLane `json:"lanes"`  // that have an onset in one run at least, in the order of the first run
}

// DoseLane is what the runs show of one lane.
type DoseLane struct {
	Name    string      `json:"name"`    // of the lane
	Points  []DosePoint `json:"points"`  // a run each, by capacity
	Left    []string    `json:"left"`    // the runs that are left out, and why
	Slope   *float64    `json:"slope"`   // of ln(onset) against ln(W/S), by least squares; 1 where the onset is W/S. Null: not known
	Low     *float64    `json:"low"`     // of its 95 % t interval
	High    *float64    `json:"high"`    // of its 95 % t interval
	Shown   bool        `json:"shown"`   // the interval holds 1 and not 0: level 3, dose-response
	Verdict string      `json:"verdict"` // in words
}

// DosePoint is one run.
type DosePoint struct {
	Run      string            `json:"run"`      // its name
	Started  string            `json:"started"`  // RFC 3339, UTC
	Capacity analysis.Estimate `json:"capacity"` // workers ÷ service time, req/s
	Onset    analysis.Estimate `json:"onset"`    // of failures, req/s
}

// DoseSchemaName is what the JSON of a Dose calls its schema.
const DoseSchemaName = "weir.dose/1"

// The least that a slope is made of: with fewer runs it has no interval, and over a smaller range of capacities the
// onsets' own intervals drown it.
const (
	leastRuns  = 3
	leastRange = 1.5
)

// Doses holds the onsets of several runs against their capacities.
func Doses(runs []*analysis.Analysis) *Dose {
	d := &Dose{Schema: DoseSchemaName, Lanes: []DoseLane{}}
	var names []string
	for _, a := range runs {
		for _, l := range a.Lanes {
			if !slices.Contains(names, l.Name) {
				names = append(names, l.Name)
			}
		}
	}
	for _, name := range names {
		l := DoseLane{Name: name, Points: []DosePoint{}, Left: []string{}}
		for _, a := range runs {
			if p, why := dosePoint(a, name); why != "" {
				l.Left = append(l.Left, fmt.Sprintf("%s, %s: %s", a.Name, a.Started, why))
			} else {
				l.Points = append(l.Points, p)
			}
		}
		slices.SortStableFunc(l.Points, func(a, b DosePoint) int { return cmp.Compare(*a.Capacity.Value, *b.Capacity.Value) })
		l.fit()
		d.Lanes = append(d.Lanes, l)
	}
	return d
}

// dosePoint is a run's point, or why it has none.
func dosePoint(a *analysis.Analysis, name string) (p DosePoint, why string) {
	l := Lane(a, name)
	switch {
	case l == nil:
		return p, "it has no such lane"
	case !a.Valid:
		return p, "it is INVALID"
	case a.Capacity.Computed == nil || *a.Capacity.Computed <= 0:
		return p, "its capacity is not known"
	case l.ErrorOnset == nil:
		return p, "it has no onset: " + l.NoOnset
	case l.ErrorOnset.Method != "hinge" || l.ErrorOnset.RPS <= 0:
		return p, "its onset was seen, not estimated"
	}
	c, o := a.Capacity, l.ErrorOnset
	return DosePoint{Run: a.Name, Started: a.Started, Capacity: analysis.Estimate{Value: c.Computed, Low: c.Low, High: c.High},
		Onset: analysis.Estimate{Value: &o.RPS, Low: &o.Low, High: &o.High}}, ""
}

// fit is the slope with its interval, and what it proves.
func (l *DoseLane) fit() {
	var x, y []float64
	for _, p := range l.Points {
		x, y = append(x, math.Log(*p.Capacity.Value)), append(y, math.Log(*p.Onset.Value))
	}
	switch n := len(x); {
	case n < leastRuns:
		l.Verdict = fmt.Sprintf("not known: %d runs have an onset and a capacity, %d are the least", n, leastRuns)
		return
	case x[n-1]-x[0] < math.Log(leastRange):
		l.Verdict = fmt.Sprintf("not known: the capacities differ by a factor of %.3g at most, %g is the least", math.Exp(x[n-1]-x[0]), leastRange)
		return
	}
	slope, half := estimate.Slope(x, y)
	low, high := slope-half, slope+half
	l.Slope, l.Low, l.High = &slope, &low, &high
	said := fmt.Sprintf("the onset moves with workers ÷ service time to the power of %.3f [%.3f, %.3f], over %d runs from %.4g to %.4g req/s",
		slope, low, high, len(x), *l.Points[0].Capacity.Value, *l.Points[len(x)-1].Capacity.Value)
	switch l.Shown = low <= 1 && high >= 1 && low > 0; {
	case l.Shown:
		l.Verdict = "dose-response (level 3 of 4): " + said
	case low <= 0:
		l.Verdict = "no dose-response found: " + said + ", which may be none at all"
	default:
		l.Verdict = "not in proportion: " + said
	}
}
