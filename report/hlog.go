package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"weir/report/runfile"
)

// logInterval is how much time a line of the histogram log covers.
const logInterval = time.Second

// maxLogged bounds how many histograms of a record are held, each as the few bytes that it has in the file.
const maxLogged = 1 << 22

// HistogramLog writes the record's latencies in HdrHistogram's log format 1.3, whose histograms are V2, for
// the tools that read it (HistogramLogAnalyzer, HistogramLogProcessor, hdr-plot). Values are nanoseconds, the
// column Interval_Max milliseconds; one line a second, by when the requests were due, for each of these tags:
//
//	LANE             requests that succeeded: from when they were due to their answer
//	LANE.from_sent   the same requests, from when they were sent
//	LANE.failed      those that were sent and failed: from due until that was known
//	LANE.send_lag    from due to sent: the generator's own lateness
//
// A second without values has no line. It takes the record and not the analysis, which keeps no histogram of
// each second.
//
// Source: HistogramLogWriter.java and HistogramLogReader.java of github.com/HdrHistogram/HdrHistogram.
func HistogramLog(w io.Writer, r *runfile.Reader) error {
	l := histogramLog{parts: map[logKey][]string{}, laneOf: map[int]int{}}
	for r.Scan() {
		if err := l.add(r.Record()); err != nil {
			name, line := r.Pos()
			return &runfile.SyntaxError{File: name, Line: line, Err: err}
		}
	}
	if err := r.Err(); err != nil {
		return err
	}
	return l.write(w)
}

type histogramLog struct {
	epoch  time.Time
	lanes  []string
	laneOf map[int]int // trial → index of its lane
	parts  map[logKey][]string
	held   int
}

// logKey names a line: which lane, which of its histograms, which second.
type logKey struct {
	at         time.Duration
	lane, kind int
}

var logKinds = []string{"", ".from_sent", ".failed", ".send_lag"}

func (l *histogramLog) add(rec runfile.Record) error {
	switch rec := rec.(type) {
	case *runfile.Header:
		l.epoch = rec.Epoch
		for _, lane := range rec.Lanes {
			l.lanes = append(l.lanes, lane.Name)
		}
	case *runfile.Trial:
		i := slices.Index(l.lanes, rec.Lane)
		if i < 0 {
			return fmt.Errorf("trial %d is of lane %.40q, which the header does not have", rec.Index,
				rec.Lane)
		}
		if rec.Role != "" { // no load
			i = -1
		}
		l.laneOf[rec.Index] = i
	case *runfile.Bin:
		if l.laneOf[rec.Trial] < 0 {
			return nil
		}
		for kind, encoded := range []string{rec.Latency, rec.FromSent, rec.FailLatency, rec.Lag} {
			if encoded == "" {
				continue
			}
			if l.held++; l.held > maxLogged {
				return fmt.Errorf("more than %d histograms", maxLogged)
			}
			key := logKey{rec.At.Truncate(logInterval), l.laneOf[rec.Trial], kind}
			l.parts[key] = append(l.parts[key], encoded)
		}
	}
	return nil
}

func (l *histogramLog) write(w io.Writer) error {
	log := hdr.NewHistogramLogWriter(w)
	// The library's own lines for these two times have no milliseconds.
	for _, comment := range []string{
		"[Histogram log format version " + hdr.HISTOGRAM_LOG_FORMAT_VERSION + "]",
		fmt.Sprintf("[StartTime: %s (seconds since epoch), %s]", epochSeconds(l.epoch),
			l.epoch.UTC().Format(time.RFC3339)),
		fmt.Sprintf("[BaseTime: %s (seconds since epoch)]", epochSeconds(l.epoch)),
	} {
		if err := log.OutputComment(comment); err != nil {
			return err
		}
	}
	if err := log.OutputLegend(); err != nil {
		return err
	}
	tags := logTags(l.lanes)
	h := runfile.NewHistogram()
	byTime := func(a, b logKey) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.lane, b.lane), cmp.Compare(a.kind, b.kind))
	}
	for _, key := range slices.SortedFunc(maps.Keys(l.parts), byTime) {
		h.Reset()
		for _, encoded := range l.parts[key] {
			if err := runfile.MergeHistogram(h, encoded); err != nil {
				return err
			}
		}
		h.SetTag(tags[key.lane] + logKinds[key.kind])
		h.SetStartTimeMs(key.at.Milliseconds())
		h.SetEndTimeMs((key.at + logInterval).Milliseconds())
		if err := log.OutputIntervalHistogram(h); err != nil {
			return err
		}
	}
	return nil
}

func epochSeconds(t time.Time) string {
	return fmt.Sprintf("%d.%03d", t.Unix(), t.Nanosecond()/int(time.Millisecond))
}

// logTags are the lanes' names without what the format gives a meaning, and without equals.
func logTags(lanes []string) []string {
	var tags []string
	for _, lane := range lanes {
		tag := strings.Map(func(r rune) rune {
			if r <= ' ' || r == ',' || r == 0x7f || r > 0x7e {
				return '_'
			}
			return r
		}, lane)
		for slices.Contains(tags, tag) {
			tag += "_"
		}
		tags = append(tags, tag)
	}
	return tags
}
