package compare

import (
	"cmp"
	"math"
	"reflect"
	"slices"

	"weir/report/analysis/estimate"
	"weir/report/result"
	"weir/report/unit"
)

// Dose is the third level of evidence: over several runs that differ in workers or service time, the onset of
// failures moves with workers ÷ service time, in proportion. One run has one capacity, and never shows it.
type Dose struct {
	Schema string     `json:"schema"` // "weir.dose/1"
	Lanes  []DoseLane `json:"lanes"`  // that have an onset in one run at least, in the order of the first run
}

// DoseLane is what the runs show of one lane.
type DoseLane struct {
	Name    string           `json:"name"`    // of the lane
	Points  []DosePoint      `json:"points"`  // a run each, by capacity
	Left    []result.Finding `json:"left"`    // the runs that are left out, and why
	Slope   *float64         `json:"slope"`   // of ln(onset) over ln(W/S): 1 in proportion; null: not known
	Low     *float64         `json:"low"`     // lower end of the slope's 95 % interval
	High    *float64         `json:"high"`    // upper end of it
	Shown   bool             `json:"shown"`   // the whole interval lies in 0.9 to 1.1: level 3, dose-response
	Verdict result.Finding   `json:"verdict"` // whether the onset moves with the capacity, in words

	Warnings []result.ArmWarning `json:"warnings"` // in what else the runs differ
}

// DosePoint is one run.
type DosePoint struct {
	Run      string          `json:"run"`      // its name
	Started  string          `json:"started"`  // RFC 3339, UTC
	Capacity result.Estimate `json:"capacity"` // workers ÷ service time, req/s
	Onset    result.Estimate `json:"onset"`    // of failures, req/s
}

// DoseSchemaName is what the JSON of a Dose calls its schema.
const DoseSchemaName = "weir.dose/1"

// The least that a slope is made of: with fewer runs it has no interval, and over a smaller range of
// capacities the onsets' own intervals drown it.
const (
	leastRuns  = 3
	leastRange = 1.5
)

// A slope in proportion is 1. What is claimed is that it is this near, and a slope is only said to be another
// where the whole interval is further away: three runs may have an interval that holds 1 and nearly
// everything else.
const (
	leastSlope = 0.9
	mostSlope  = 1.1
)

// Doses holds the onsets of several runs against their capacities.
func Doses(runs []*result.Analysis) *Dose {
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
		l := DoseLane{Name: name, Points: []DosePoint{}, Left: []result.Finding{},
			Warnings: []result.ArmWarning{}}
		var used []*result.Analysis
		for _, a := range runs {
			p, why := dosePoint(a, name)
			if why == nil && slices.ContainsFunc(used,
				func(b *result.Analysis) bool { return sameRun(a, b) }) {
				why = &result.Finding{Code: "dose_twice"}
			}
			if why != nil {
				l.Left = append(l.Left, result.Finding{Code: "dose_left",
					Args: result.Args{"run": a.Name, "started": a.Started, "why": *why}})
				continue
			}
			l.Points, used = append(l.Points, p), append(used, a)
		}
		l.warn(used)
		slices.SortStableFunc(l.Points,
			func(a, b DosePoint) int { return cmp.Compare(*a.Capacity.Value, *b.Capacity.Value) })
		l.fit()
		d.Lanes = append(d.Lanes, l)
	}
	return d
}

// sameRun reports whether both are of one record: a second run would have had to begin in the same second and
// to come to the same to the last request.
func sameRun(a, b *result.Analysis) bool {
	outcomes := func(a *result.Analysis) (list []map[string]uint64) {
		for _, l := range a.Lanes {
			list = append(list, l.Outcomes)
		}
		return list
	}
	return a.Started == b.Started && slices.Equal(a.Command, b.Command) &&
		reflect.DeepEqual(a.Capacity, b.Capacity) &&
		reflect.DeepEqual(outcomes(a), outcomes(b))
}

// warn says in what the runs differ beside their capacity, each time once: an onset that moved may have moved
// with that. The plan goes with the capacity.
func (l *DoseLane) warn(runs []*result.Analysis) {
	for _, b := range runs[min(1, len(runs)):] {
		a := runs[0]
		la, lb := Lane(a, l.Name), Lane(b, l.Name)
		for _, m := range slices.Concat(Places(a, b, la, lb), Loads(la, lb)) {
			known := slices.ContainsFunc(l.Warnings,
				func(w result.ArmWarning) bool { return w.Code == m.Code })
			if m.Code != "plan" && m.Code != "backend" && !known {
				l.Warnings = append(l.Warnings, m.warning())
			}
		}
	}
}

// dosePoint is a run's point, or why it has none.
func dosePoint(a *result.Analysis, name string) (p DosePoint, why *result.Finding) {
	l := Lane(a, name)
	switch {
	case l == nil:
		return p, &result.Finding{Code: "dose_no_lane"}
	case !a.Valid:
		return p, &result.Finding{Code: "run_is_invalid"}
	case a.Capacity.Computed == nil || *a.Capacity.Computed <= 0:
		return p, &result.Finding{Code: "dose_no_capacity"}
	case l.ErrorOnset == nil:
		return p, &result.Finding{Code: "no_onset", Args: result.Args{"why": l.NoOnset}}
	case !l.ErrorOnset.Estimated() || l.ErrorOnset.RPS <= 0:
		return p, &result.Finding{Code: "onset_bracketed", Args: result.Args{"method": l.ErrorOnset.How}}
	}
	c, o := a.Capacity, l.ErrorOnset
	return DosePoint{Run: a.Name, Started: a.Started,
		Capacity: result.Estimate{Value: c.Computed, Low: c.Low, High: c.High},
		Onset:    result.Estimate{Value: &o.RPS, Low: &o.Low, High: &o.High}}, nil
}

// fit is the slope by least squares, with its interval, and what it proves. The interval is that of the
// scatter about the line (t), or of the points' own intervals where these make it wider.
func (l *DoseLane) fit() {
	var x, y []float64
	for _, p := range l.Points {
		x, y = append(x, math.Log(*p.Capacity.Value)), append(y, math.Log(*p.Onset.Value))
	}
	switch n := len(x); {
	case n < leastRuns:
		l.Verdict = result.Finding{Code: "dose_few", Args: result.Args{"runs": n, "least": leastRuns}}
		return
	case x[n-1]-x[0] < math.Log(leastRange):
		l.Verdict = result.Finding{Code: "dose_close",
			Args: result.Args{"factor": math.Exp(x[n-1] - x[0]), "least": leastRange}}
		return
	}
	slope, half := estimate.Slope(x, y)
	half = max(half, l.own(x))
	low, high := slope-half, slope+half
	l.Slope, l.Low, l.High = &slope, &low, &high
	l.Shown = low >= leastSlope && high <= mostSlope
	code := result.Code("dose_unclear")
	switch {
	case l.Shown:
		code = "dose_shown"
	case high < leastSlope && low <= 0:
		code = "dose_none"
	case high < leastSlope || low > mostSlope:
		code = "dose_other"
	}
	l.Verdict = result.Finding{Code: code, Args: result.Args{
		"slope": unit.Of(unit.Quotient, slope, low, high), "runs": len(x),
		"from": *l.Points[0].Capacity.Value, "to": *l.Points[len(x)-1].Capacity.Value,
		"low": leastSlope, "high": mostSlope,
	}}
}

// own is half of the slope's 95 % interval by the intervals of its points alone, which are taken for
// independent: points that lie on a line by chance are no surer for it. The weights are those of least
// squares.
func (l *DoseLane) own(x []float64) float64 {
	mean, sxx, sum := 0.0, 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sxx += (v - mean) * (v - mean)
	}
	for i, p := range l.Points {
		for _, e := range []result.Estimate{p.Onset, p.Capacity} {
			if e.Low != nil && e.High != nil && *e.Low > 0 && *e.High >= *e.Low {
				half := math.Log(*e.High / *e.Low) / 2 * (x[i] - mean) / sxx
				sum += half * half
			}
		}
	}
	return math.Sqrt(sum)
}
