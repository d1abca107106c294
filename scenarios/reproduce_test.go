package scenarios

import (
	"testing"
	"time"

	"weir/scenarios/catalogue"
)

// The capacity of a lab is Σ workers × slots ÷ duration over the backends that listen, whichever they are and
// in whatever order.
func TestCapacityOfALab(t *testing.T) {
	none := catalogue.Backend{Server: catalogue.None, Workers: 50, ServiceTime: time.Second, Backlog: 9}
	sync := catalogue.Backend{Server: catalogue.Embedded, Workers: 8, ServiceTime: 200 * time.Millisecond,
		Backlog: 16}
	puma := catalogue.Backend{Server: "puma", Workers: 2, Threads: 5, ServiceTime: 100 * time.Millisecond,
		Backlog: 32}
	gevent := catalogue.Backend{Server: "gunicorn-gevent", Workers: 2, ServiceTime: time.Second, Backlog: 64}
	for name, c := range map[string]struct {
		backends       map[string]catalogue.Backend
		rate           float64
		workers, slots int
		backlog        uint32
	}{
		"sync":        {map[string]catalogue.Backend{"a": sync}, 40, 8, 0, 16},
		"threads":     {map[string]catalogue.Backend{"a": puma}, 100, 2, 5, 32},
		"gevent":      {map[string]catalogue.Backend{"a": gevent}, 2000, 2, 1000, 64},
		"first none":  {map[string]catalogue.Backend{"a": none, "b": puma}, 100, 2, 5, 32},
		"alike":       {map[string]catalogue.Backend{"a": sync, "b": sync}, 80, 16, 0, 16},
		"not alike":   {map[string]catalogue.Backend{"a": sync, "b": puma}, 140, 18, 0, 16},
		"none at all": {map[string]catalogue.Backend{"a": none}, 0, 0, 0, 0},
	} {
		got := capacityOf(catalogue.Scenario{Backends: c.backends})
		if d := got.Computed() - c.rate; d > 1e-3*c.rate || d < -1e-3*c.rate || got.Workers != c.workers ||
			got.WorkerConnections != c.slots || got.Backlog != c.backlog {
			t.Errorf("%s: %.3f req/s, want %g; %+v", name, got.Computed(), c.rate, got)
		}
	}
}
