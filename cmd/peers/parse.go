package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// tally is what a generator says of one run.
type tally struct {
	ok     uint64  // answers that were 2xx or 3xx
	failed uint64  // any other answer, and requests that got none
	rate   float64 // ok a second, by the generator's own clock
}

// completed is what the CPU that was used is divided by: an answer of 503 cost as much as another.
func (t tally) completed() float64 { return float64(t.ok + t.failed) }

// newTally refuses a run in which nothing was answered: an output that was misread must not become a zero.
func newTally(all, failed uint64, rate float64) (tally, error) {
	if all == 0 || rate <= 0 {
		return tally{}, errors.New("no request was completed")
	}
	failed = min(failed, all)
	return tally{ok: all - failed, failed: failed, rate: rate * float64(all-failed) / float64(all)}, nil
}

// fields takes numbers out of a text. It keeps the first thing that went wrong.
type fields struct {
	text string
	err  error
}

// number returns what the pattern's group matched. The pattern must match.
func (f *fields) number(pattern string) float64 {
	found := regexp.MustCompile(pattern).FindStringSubmatch(f.text)
	if found == nil {
		f.err = errors.Join(f.err, fmt.Errorf("nothing in it matches %s", pattern))
		return 0
	}
	return f.float(found[1])
}

// sum adds up all groups of all matches. There may be none: generators leave out errors that they had none of.
func (f *fields) sum(pattern string) (sum uint64) {
	for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(f.text, -1) {
		for _, group := range found[1:] {
			sum += uint64(f.float(group))
		}
	}
	return sum
}

func (f *fields) float(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	f.err = errors.Join(f.err, err)
	return v
}

func (f *fields) tally(all, failed uint64, rate float64) (tally, error) {
	if f.err != nil {
		return tally{}, f.err
	}
	return newTally(all, failed, rate)
}

// parseWrk reads wrk's output and wrk2's. The errors of the socket are not requests in wrk's count.
func parseWrk(out []byte) (tally, error) {
	f := fields{text: string(out)}
	all := uint64(f.number(`(?m)^ *(\d+) requests in `))
	rate := f.number(`(?m)^Requests/sec: *([\d.]+)$`)
	status := f.sum(`(?m)^ *Non-2xx or 3xx responses: (\d+)$`)
	socket := f.sum(`(?m)^ *Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)$`)
	t, err := f.tally(all, status, rate)
	t.failed += socket
	return t, err
}

// parseAB reads ab's output. An answer whose length differs is a "failed request" to ab, an answer 503 is not.
func parseAB(out []byte) (tally, error) {
	f := fields{text: string(out)}
	all := uint64(f.number(`(?m)^Complete requests: +(\d+)$`))
	failed := uint64(f.number(`(?m)^Failed requests: +(\d+)$`))
	status := f.sum(`(?m)^Non-2xx responses: +(\d+)$`)
	return f.tally(all, failed+status, f.number(`(?m)^Requests per second: +([\d.]+) `))
}

// parseHey reads hey's summary. Its rate counts the requests that failed too.
func parseHey(out []byte) (tally, error) {
	f := fields{text: string(out)}
	rate := f.number(`(?m)^ +Requests/sec:\s+([\d.]+)$`)
	ok := f.sum(`(?m)^ +\[[23]\d\d\]\s+(\d+) responses$`)
	answered := f.sum(`(?m)^ +\[\d\d\d\]\s+(\d+) responses$`)
	lost := f.sum(`(?m)^ +\[(\d+)\]\s+[^\d\s].*$`) // of the error distribution: how often, and what
	return f.tally(answered+lost, answered+lost-ok, rate)
}

// parseH2load reads h2load's output.
func parseH2load(out []byte) (tally, error) {
	f := fields{text: string(out)}
	rate := f.number(`(?m)^finished in [\d.]+\w+, ([\d.]+) req/s`)
	all := uint64(f.number(`(?m)^requests: .* started, (\d+) done,`))
	good := uint64(f.number(`(?m)^requests: .* done, (\d+) succeeded,`))
	return f.tally(all, all-min(good, all), rate)
}
