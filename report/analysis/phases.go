package analysis

import (
	"errors"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"weir/report/runfile"
)

// Phases says where the time of a lane's ok requests went, from sending on. The three means are of all of them and add
// up to the mean latency from sending.
type Phases struct {
	Count       uint64    `json:"count"`          // ok requests
	Opened      uint64    `json:"opened"`         // of these: on a connection of their own; the others found one
	Connect     Quantiles `json:"connect_s"`      // of those: from connect() to connected, lost SYNs included
	FirstByte   Quantiles `json:"first_byte_s"`   // from sending to the first byte of the response, connecting included
	MeanConnect float64   `json:"mean_connect_s"` // a request spent in connecting, 0 on a connection that it found
	MeanWait    float64   `json:"mean_wait_s"`    // then in being written and waiting for the first byte; over TLS its handshake too
	MeanRest    float64   `json:"mean_rest_s"`    // and then in the rest of the response
}

func (l *loader) phases(rec *runfile.Phases) error {
	t := l.byIndex[rec.Trial]
	if t.Role != "" {
		return nil
	}
	return errors.Join(runfile.MergeHistogram(t.lane.connect, rec.Connect), runfile.MergeHistogram(t.lane.firstByte, rec.FirstByte))
}

// phases is nil where the record, of an older weir, has none, or not of all.
func (l *lane) phases() *Phases {
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
	return &Phases{
		Count: uint64(n), Opened: uint64(l.connect.TotalCount()), Connect: quantiles(l.connect), FirstByte: quantiles(l.firstByte),
		MeanConnect: connect, MeanWait: max(0, first-connect), MeanRest: max(0, mean(l.service)*float64(n)/float64(all)-first),
	}
}
