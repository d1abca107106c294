package analysis

import (
	"errors"
	"time"

	"weir/report/result"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"weir/report/runfile"
)

func (l *loader) phases(rec *runfile.Phases) error {
	t := l.byIndex[rec.Trial]
	if t.Role != "" {
		return nil
	}
	return errors.Join(runfile.MergeHistogram(t.lane.connect, rec.Connect), runfile.MergeHistogram(t.lane.firstByte, rec.FirstByte))
}

// phases is nil where the record has none, or not those of nearly all ok requests.
func (l *lane) phases() *result.Phases {
	n, all := l.firstByte.TotalCount(), l.service.TotalCount()
	if n == 0 || float64(n) < .99*float64(all) || float64(all) < .99*float64(n) { // a run that was killed may lack the last ones
		return nil
	}
	mean := func(h *hdr.Histogram) float64 { // of all ok requests
		if h.TotalCount() == 0 {
			return 0
		}
		return h.Mean() / float64(time.Second) * float64(h.TotalCount()) / float64(n)
	}
	connect, first := mean(l.connect), mean(l.firstByte)
	return &result.Phases{
		Count: uint64(n), Opened: uint64(l.connect.TotalCount()), Connect: quantiles(l.connect), FirstByte: quantiles(l.firstByte),
		MeanConnect: connect, MeanWait: max(0, first-connect), MeanRest: max(0, mean(l.service)*float64(n)/float64(all)-first),
	}
}
