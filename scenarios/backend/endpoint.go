package backend

import (
	"fmt"
	"strconv"
	"strings"
)

// Endpoint is a path with an answer of its own. Its text is path=service, with what else there is after
// commas:
//
//	/payment=3s
//	/download=exponential:20ms,body=1048576
//	/sick=20ms,drop=0.1,partial=0.1,garbage=0.1
type Endpoint struct {
	Path    string
	Service Service
	Body    int // bytes of the response's body
	Faults
}

// Faults are shares of the answers, from 0 to 1, that go wrong.
type Faults struct {
	Drop    float64 // the connection is closed without an answer, as by a worker that died
	Partial float64 // it is closed in the middle of the answer
	Garbage float64 // what comes is not HTTP
}

func (f Faults) check() error {
	sum := 0.0
	for _, share := range []float64{f.Drop, f.Partial, f.Garbage} {
		if !(share >= 0 && share <= 1) {
			return fmt.Errorf("backend: share %v of faults: give 0 to 1", share)
		}
		sum += share
	}
	if sum > 1 {
		return fmt.Errorf("backend: shares of faults add up to %v: give at most 1", sum)
	}
	return nil
}

// String writes what UnmarshalText reads.
func (e Endpoint) String() string {
	return fmt.Sprintf("%s=%v,body=%d,drop=%v,partial=%v,garbage=%v", e.Path, e.Service, e.Body, e.Drop,
		e.Partial, e.Garbage)
}

// UnmarshalText reads an endpoint as the type's comment has it.
func (e *Endpoint) UnmarshalText(text []byte) error {
	path, rest, found := strings.Cut(string(text), "=")
	if !found || !strings.HasPrefix(path, "/") {
		return fmt.Errorf("endpoint %q: write it like /payment=3s", text)
	}
	out := Endpoint{Path: path}
	service, options, _ := strings.Cut(rest, ",")
	if err := out.Service.UnmarshalText([]byte(service)); err != nil {
		return fmt.Errorf("endpoint %s: %w", path, err)
	}
	for options != "" {
		var option string
		option, options, _ = strings.Cut(options, ",")
		if err := out.set(option); err != nil {
			return fmt.Errorf("endpoint %s: %w", path, err)
		}
	}
	if err := out.Faults.check(); err != nil {
		return fmt.Errorf("endpoint %s: %w", path, err)
	}
	*e = out
	return nil
}

func (e *Endpoint) set(option string) error {
	name, value, _ := strings.Cut(option, "=")
	if name == "body" {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil || n > maxBody {
			return fmt.Errorf("body %q: give 0 to %d bytes", value, maxBody)
		}
		e.Body = int(n)
		return nil
	}
	share, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("%q: give body=BYTES, or drop, partial or garbage with a share from 0 to 1", option)
	}
	switch name {
	case "drop":
		e.Drop = share
	case "partial":
		e.Partial = share
	case "garbage":
		e.Garbage = share
	default:
		return fmt.Errorf("%q: there are body, drop, partial and garbage", name)
	}
	return nil
}

// route is an endpoint, laid out.
type route struct {
	service Service
	Faults
	answer  []byte // whole
	kept    []byte // the same on a connection that stays open
	stamped bool
}

// routes are a server's answers: those to its endpoints, to its health check, and to everything else.
type routes struct {
	byPath    map[string]*route
	otherwise *route
}

func newRoutes(c Config) routes {
	lay := func(e Endpoint) *route {
		return &route{service: e.Service, Faults: e.Faults, answer: response(200, e.Body, false),
			kept: response(200, e.Body, true), stamped: true}
	}
	r := routes{byPath: map[string]*route{},
		otherwise: lay(Endpoint{Service: c.Service, Body: c.Body, Faults: c.Faults})}
	health := lay(Endpoint{Service: Constant(0)})
	health.stamped = false
	r.byPath[c.HealthPath] = health
	for _, e := range c.Endpoints {
		r.byPath[e.Path] = lay(e)
	}
	return r
}

func (r *routes) of(path []byte) *route {
	if found, ok := r.byPath[string(path)]; ok {
		return found
	}
	return r.otherwise
}

// ending is how an answer goes out.
type ending int

const (
	wholly ending = iota
	dropped
	partly
	garbled
)

func (r *route) ending(d *dice) ending {
	if r.Faults == (Faults{}) {
		return wholly
	}
	switch share := d.share(); {
	case share < r.Drop:
		return dropped
	case share < r.Drop+r.Partial:
		return partly
	case share < r.Drop+r.Partial+r.Garbage:
		return garbled
	}
	return wholly
}

// garbage is no HTTP, and is longer than any status line's beginning.
var garbage = []byte("\x16\x03\x01 this is not the protocol that you are looking for\r\n\r\n")

// text is what is sent of an answer.
func (e ending) text(answer []byte) []byte {
	switch e {
	case dropped:
		return nil
	case partly:
		return answer[:len(answer)*2/3]
	case garbled:
		return garbage
	}
	return answer
}
