package main

import (
	"encoding/json"
	"path/filepath"
	"time"
)

// order is what a child of ours is told to do, on its command line.
type order struct {
	URL         string        `json:"url,omitempty"`
	Rate        float64       `json:"rate"`
	Duration    time.Duration `json:"duration"`
	Poisson     bool          `json:"poisson,omitempty"`
	Reuse       bool          `json:"reuse,omitempty"`
	MaxInFlight int           `json:"max_in_flight,omitempty"`
	Timeout     time.Duration `json:"timeout,omitempty"`
	Watch       time.Duration `json:"watch,omitempty"`   // how often it looks at its memory; 0: never
	Dir         string        `json:"dir,omitempty"`     // of its record
	Quantum     time.Duration `json:"quantum,omitempty"` // --wake-quantum
}

func (o order) args() []string {
	b, err := json.Marshal(o)
	if err != nil {
		return nil
	}
	return []string{"weir-child", string(b)}
}

// weirArgs: an open loop is not told how many requests there are but when, so it is offered more than can be
// carried and sheds what finds all connections in use.
func weirArgs(l load) []string { return weirOrder(l).args() }

// quantum is what README offers for --wake-quantum.
const quantum = 300 * time.Microsecond

// bunchedArgs: the same with a wake quantum, which matters where there is time to sleep.
func bunchedArgs(l load) []string {
	if l.rate == 0 {
		return nil
	}
	o := weirOrder(l)
	o.Quantum = quantum
	return o.args()
}

func weirOrder(l load) order {
	return order{
		URL: l.url, Rate: float64(l.orOffer()), Duration: time.Duration(l.seconds) * time.Second, Reuse: l.reuse,
		MaxInFlight: l.connections, Timeout: 5 * time.Second, Dir: filepath.Join(l.dir, "record"),
	}
}
