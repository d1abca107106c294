package result

import "time"

// LatencyMap counts a lane's sent requests by when they were due and how long they took, from due: a heat
// map. A cell is four values at the same place of Column, Row, OK and Failed; cells without a request are
// left out.
type LatencyMap struct {
	BinS   float64   `json:"bin_s"`   // width of a column
	Trial  []int     `json:"trial"`   // of each column
	AtS    []float64 `json:"at_s"`    // where each column begins, from the epoch
	EdgesS []float64 `json:"edges_s"` // row r holds times from edge r up to edge r+1: quarters of octaves
	Column []int     `json:"column"`  // of each cell
	Row    []int     `json:"row"`     // of each cell, from 0
	OK     []uint64  `json:"ok"`      // requests in it that succeeded
	Failed []uint64  `json:"failed"`  // and that failed
}

// Percentile is one point of a lane's distribution of latency, with an interval that rests on the order of
// the values alone and takes requests for independent, which those that waited in one queue are not.
type Percentile struct {
	OneIn float64 `json:"one_in"` // 1/(1−p): one request in so many took longer; 100 is p99
	S     float64 `json:"s"`      // the latency
	LowS  float64 `json:"low_s"`  // 95 % interval
	HighS float64 `json:"high_s"` // its other end
}

// Guide is a latency that the model, the kernel or a setting makes likely.
type Guide struct {
	S    float64 `json:"s"`    // the latency
	Code string  `json:"code"` // "service_time", "full_queue", "connect_timeout", "syn_retransmit"
	Text Finding `json:"text"` // in words
}

// Phases says where the time of a lane's ok requests went, from sending on. The three means are of all of
// them and add up to the mean latency from sending.
type Phases struct {
	Count uint64 `json:"count"` // ok requests
	// of these: on a connection of their own; the others found one
	Opened  uint64    `json:"opened"`
	Connect Quantiles `json:"connect_s"` // of those: from connect() to connected, lost SYNs included
	// from sending to the first byte of the response, connecting included
	FirstByte Quantiles `json:"first_byte_s"`
	// a request spent in connecting, 0 on a connection that it found
	MeanConnect float64 `json:"mean_connect_s"`
	// then in being written and waiting for the first byte; over TLS its handshake too
	MeanWait float64 `json:"mean_wait_s"`
	MeanRest float64 `json:"mean_rest_s"` // and then in the rest of the response
}

// Latencies is a histogram whose empty counters are left out, ascending.
type Latencies []LatencyCount

// LatencyCount says that so many values were at most High, and above the one before it.
type LatencyCount struct {
	High time.Duration
	N    uint64
}
