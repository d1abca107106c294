package report

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"weir/report/result"
	"weir/report/unit"
)

// CSV writes the timelines as one table with a header (RFC 4180), a line for each bin of each lane: what the
// second figure draws. Its columns:
//
//	lane, trial          the trial's index, as in report.json
//	rate_rps             offered in that trial, requests per second
//	at_s, bin_s          where the bin begins, from the run's epoch, and how long it is
//	offered_rps          due in the bin, and of these answered well and in time, per second
//	goodput_rps
//	recv_q               the deepest that the accept queue was seen
//	overflows            that the kernel counted
//	replayed_overflows   that the simulator counts for the same schedule
//	bad_OUTCOME          requests due in the bin that ended so; one column for each outcome that occurs
//
// An empty field is "not known", which is not 0.
func CSV(w io.Writer, a *result.Analysis) error {
	a = filtered(filter{text: unit.Clean}, a)
	kinds := classes(a)
	out := csv.NewWriter(w)
	head := []string{"lane", "trial", "rate_rps", "at_s", "bin_s", "offered_rps", "goodput_rps", "recv_q",
		"overflows", "replayed_overflows"}
	for _, k := range kinds {
		head = append(head, "bad_"+k)
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for i := range a.Lanes {
		l := &a.Lanes[i]
		trials := ordered(l)
		for k, t := range trials {
			from, to := within(&l.Timeline, trials, k)
			for j := from; j < to; j++ {
				line := []string{harmless(l.Name), strconv.Itoa(t.Index), ""}
				if t.Rate > 0 { // else it changed; offered_rps has it
					line[2] = plainNumber(t.Rate)
				}
				if err := out.Write(append(line, binFields(&l.Timeline, j, kinds)...)); err != nil {
					return err
				}
			}
		}
	}
	out.Flush()
	return out.Error()
}

func binFields(t *result.Timeline, i int, kinds []string) []string {
	fields := []string{plainNumber(t.AtS[i]), plainNumber(t.BinS), plainNumber(t.Offered[i]),
		plainNumber(t.Goodput[i]),
		known(t.RecvQ, i), known(t.Overflows, i), known(t.Replayed, i)}
	for _, k := range kinds {
		n := uint64(0) // a kind that is not in the lane's timeline did not occur
		if i < len(t.Bad[k]) {
			n = t.Bad[k][i]
		}
		fields = append(fields, strconv.FormatUint(n, 10))
	}
	return fields
}

func known[T uint32 | uint64](values []*T, i int) string {
	if i >= len(values) || values[i] == nil {
		return ""
	}
	return strconv.FormatUint(uint64(*values[i]), 10)
}

// plainNumber is x as programs read it, without an exponent, rounded as report.json is.
func plainNumber(x float64) string { return strconv.FormatFloat(round6(x), 'f', -1, 64) }

// harmless keeps a spreadsheet from taking text for a formula (OWASP, CSV injection).
func harmless(s string) string {
	if s != "" && slices.Contains([]byte("=+-@"), s[0]) {
		return "'" + s
	}
	return strings.TrimSpace(s)
}
