package analysis

import (
	"errors"
	"maps"
	"math"
	"math/bits"
	"slices"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"weir/probe"
	"weir/report/analysis/estimate"
	"weir/report/capacity"
	"weir/report/result"
	"weir/report/runfile"
)

// maxColumns bounds a lane's latency map; a longer run has wider columns.
const maxColumns = 400

// maxCells bounds what is kept of all latencies while the record is read.
const maxCells = 1 << 22

// latencyCell counts the requests of one bin that took equally long.
type latencyCell struct {
	row        uint8
	ok, failed uint64
}

// latencyRow is the quarter of an octave in which d lies, in whole numbers, so that every machine agrees.
func latencyRow(d time.Duration) uint8 {
	v := uint64(max(d, 4))
	e := bits.Len64(v) - 1
	return uint8(4*e + int(v>>(e-2)&3))
}

// rowEdge is the least time of a row.
func rowEdge(row int) time.Duration { return time.Duration((4 + row%4) << (row / 4) >> 2) }

// cell is the bin's cell in a row; nil where there are too many.
func (l *loader) cell(b *bin, row uint8) *latencyCell {
	if i := slices.IndexFunc(b.cells, func(c latencyCell) bool { return c.row == row }); i >= 0 {
		return &b.cells[i]
	}
	if l.cells++; l.cells > maxCells {
		l.run.warn("latency_map", "", result.Args{"limit": maxCells})
		return nil
	}
	b.cells = append(b.cells, latencyCell{row: row})
	return &b.cells[len(b.cells)-1]
}

// latencyMap lays the lane's cells into columns that begin with their trial.
func (l *lane) latencyMap() result.LatencyMap {
	width := l.columnWidth()
	m := result.LatencyMap{BinS: width.Seconds(), Trial: []int{}, AtS: []float64{}, EdgesS: []float64{},
		Column: []int{}, Row: []int{}, OK: []uint64{}, Failed: []uint64{}}
	low, high := l.rows()
	for row := low; row <= high+1 && low <= high; row++ {
		m.EdgesS = append(m.EdgesS, rowEdge(row).Seconds())
	}
	for _, t := range l.trials {
		columns := t.columns(width)
		for _, at := range slices.Sorted(maps.Keys(columns)) {
			m.Trial, m.AtS = append(m.Trial, t.Index), append(m.AtS, at.Seconds())
			cells := columns[at]
			for _, row := range slices.Sorted(maps.Keys(cells)) {
				m.Column, m.Row = append(m.Column, len(m.AtS)-1), append(m.Row, int(row)-low)
				m.OK, m.Failed = append(m.OK, cells[row].ok), append(m.Failed, cells[row].failed)
			}
		}
	}
	return m
}

// columns adds up the trial's cells over stretches of width, by where these begin.
func (t *trial) columns(width time.Duration) map[time.Duration]map[uint8]latencyCell {
	out := map[time.Duration]map[uint8]latencyCell{}
	first := t.Start.Truncate(runfile.BinWidth)
	for at, b := range t.bins {
		if len(b.cells) == 0 {
			continue
		}
		column := first + (at - first).Truncate(width)
		if out[column] == nil {
			out[column] = map[uint8]latencyCell{}
		}
		for _, c := range b.cells {
			sum := out[column][c.row]
			out[column][c.row] = latencyCell{c.row, sum.ok + c.ok, sum.failed + c.failed}
		}
	}
	return out
}

// columnWidth is a multiple of the record's bins.
func (l *lane) columnWidth() time.Duration {
	width := runfile.BinWidth
	columns := func() (n int64) {
		for _, t := range l.trials {
			n += int64(t.duration()/width) + 1
		}
		return n
	}
	for columns() > maxColumns+int64(len(l.trials)) {
		width *= 2
	}
	return width
}

// rows is the first and the last row that any request is in; first > last where there is none.
func (l *lane) rows() (first, last int) {
	first, last = 1<<8, -1
	for _, t := range l.trials {
		for _, b := range t.bins {
			for _, c := range b.cells {
				first, last = min(first, int(c.row)), max(last, int(c.row))
			}
		}
	}
	return first, last
}

// tails are the quantiles of a percentile curve within each power of ten: R10 of ISO 3.
var tails = []float64{1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8}

// percentiles are the points whose interval is bounded: the curve ends where the sample does.
func percentiles(h *hdr.Histogram) []result.Percentile {
	out := []result.Percentile{}
	n := uint64(h.TotalCount())
	for decade := 1.0; decade < 1e12; decade *= 10 {
		for _, x := range tails {
			oneIn := x * decade
			q := 1 - 1/oneIn
			if !estimate.Supported(n, q) {
				if oneIn > 2 {
					return out
				}
				continue
			}
			low, high := estimate.QuantileRanks(n, q)
			at := func(rank uint64) float64 {
				return time.Duration(h.ValueAtPercentile(100 * float64(rank) / float64(n))).Seconds()
			}
			lowest := max(0, at(low)*(1-counterWidth)-counterLeast)
			// as rankedQuantiles has them
			out = append(out, result.Percentile{OneIn: oneIn, S: at(uint64(math.Floor(q*float64(n) + .5))),
				LowS: lowest, HighS: at(high)})
		}
	}
	return out
}

// guides are the latencies at which the lane's requests must gather, if the model is right: one service time,
// a wait through a full queue before it, and what the client's kernel and its connect timeout do.
func (r *run) guides(l *lane, c serverCapacity) []result.Guide {
	guides := []result.Guide{}
	add := func(at time.Duration, code string, args result.Args) {
		guides = append(guides, result.Guide{S: at.Seconds(), Code: code,
			Text: result.Finding{Code: result.Code("guide_" + code), Args: args}})
	}
	if c.mean > 0 {
		add(c.mean, "service_time", nil)
	}
	if m, ok := c.model(l); ok {
		add(c.mean+m.LongestWait(), "full_queue", result.Args{"slots": m.Slots()})
	}
	if p := l.Proxy; p != nil {
		if p.Connect > 0 && !probe.IsUnix(l.Listener) {
			add(p.Connect, "proxy_connect_timeout", nil)
		}
		if p.Read > 0 {
			add(p.Read, "proxy_read_timeout", nil)
		}
	}
	if l.ConnectTimeout <= 0 || probe.IsUnix(l.Listener) {
		return guides
	}
	if linear, ok := r.synLinearTimeouts(); ok {
		for i, at := range capacity.SYNRetransmits(linear, 6, l.ConnectTimeout) {
			add(at, "syn_retransmit", result.Args{"n": i + 2})
		}
	}
	add(l.ConnectTimeout, "connect_timeout", nil)
	return guides
}

func (l *loader) phases(rec *runfile.Phases) error {
	t := l.byIndex[rec.Trial]
	if t.Role != "" {
		return nil
	}
	return errors.Join(runfile.MergeHistogram(t.lane.connect, rec.Connect),
		runfile.MergeHistogram(t.lane.firstByte, rec.FirstByte))
}

// phases is nil where the record has none, or not those of nearly all ok requests.
func (l *lane) phases() *result.Phases {
	n, all := l.firstByte.TotalCount(), l.service.TotalCount()
	// a run that was killed may lack the last ones
	if n == 0 || float64(n) < .99*float64(all) || float64(all) < .99*float64(n) {
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
		Count: uint64(n), Opened: uint64(l.connect.TotalCount()), Connect: quantiles(l.connect),
		FirstByte:   quantiles(l.firstByte),
		MeanConnect: connect, MeanWait: max(0, first-connect),
		MeanRest: max(0, mean(l.service)*float64(n)/float64(all)-first),
	}
}
