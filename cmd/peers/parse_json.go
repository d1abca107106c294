package main

import (
	"encoding/json"
	"errors"
)

// parseVegeta reads the JSON report of `vegeta report`.
func parseVegeta(out []byte) (tally, error) {
	var r struct {
		Requests *uint64           `json:"requests"`
		Duration float64           `json:"duration"` // from the first to the last request, ns
		Wait     float64           `json:"wait"`     // from then to the last answer
		Codes    map[string]uint64 `json:"status_codes"`
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return tally{}, err
	}
	if r.Requests == nil || r.Duration <= 0 {
		return tally{}, errors.New("it has no requests or no duration")
	}
	var ok uint64
	for code, n := range r.Codes {
		if code[0] == '2' || code[0] == '3' {
			ok += n
		}
	}
	return newTally(*r.Requests, *r.Requests-min(ok, *r.Requests), float64(*r.Requests)/((r.Duration+r.Wait)/1e9))
}

// parseK6 reads the file that k6 writes with --summary-export. To k6, "passes" of http_req_failed are the
// requests that did fail.
func parseK6(out []byte) (tally, error) {
	var r struct {
		Metrics struct {
			Requests *struct {
				Count uint64  `json:"count"`
				Rate  float64 `json:"rate"`
			} `json:"http_reqs"`
			Failed *struct {
				Passes uint64 `json:"passes"`
			} `json:"http_req_failed"`
		} `json:"metrics"`
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return tally{}, err
	}
	m := r.Metrics
	if m.Requests == nil || m.Failed == nil {
		return tally{}, errors.New("it has no http_reqs or no http_req_failed")
	}
	return newTally(m.Requests.Count, m.Failed.Passes, m.Requests.Rate)
}
