package catalogue

import (
	"reflect"
	"time"

	"weir/scenarios/backend"
	"weir/scenarios/server"
)

// Backend is one server on a host of its own.
type Backend struct {
	// embedded (default), a real one (Servers), or none: nothing listens there
	Server  string `yaml:"server"`
	Listen  string `yaml:"listen"`  // tcp (default) or unix
	Workers int    `yaml:"workers"` // number of its workers
	// that an async, gevent, threaded or gthread worker has at once; 0: 1000
	WorkerConnections int `yaml:"worker_connections"`
	// time that a worker is busy with one request, for instance 20ms
	ServiceTime time.Duration `yaml:"service_time"`
	// as given to listen(); the kernel clamps it to somaxconn
	Backlog int `yaml:"backlog"`
	Body    int `yaml:"body"` // bytes of a response's body

	Threads int `yaml:"threads"` // of a worker, where the server has any; 0: its default
	// a worker that is busy for longer is killed, whole seconds where the server is a real one; 0: its
	// default
	Timeout time.Duration            `yaml:"timeout"`
	Paths   map[string]time.Duration `yaml:"paths"` // service times of their own; /health is 0

	// of one processor, for the whole server, by a control group; 0: no quota
	CPUQuota Share `yaml:"cpu_quota"`
	// busy processes that the server shares one processor with; 0: none, and all processors
	Hogs int `yaml:"hogs"`

	Embedding `yaml:",inline"`
}

// Embedding is what only the embedded backend can do.
type Embedding struct {
	Kind string `yaml:"kind"` // of its workers: sync (default), threaded, async
	// how long threaded and async workers keep an idle connection; 0: not at all
	KeepAlive time.Duration `yaml:"keep_alive"`
	// how service times vary: lognormal:20ms/0.5; service_time is then its mean
	Service *backend.Service `yaml:"service"`
	// sync workers compute for their service time, which takes a processor, and do not sleep
	Compute bool `yaml:"compute"`
	// paths whose answers go wrong, or are large: /sick=20ms,drop=0.1
	Endpoints []backend.Endpoint `yaml:"endpoints"`
}

// Slots is how many requests a worker serves at once.
func (b Backend) Slots() int {
	if d, err := server.Lookup(b.Server); err == nil {
		return d.Slots(server.Spec{Threads: b.Threads, Connections: b.WorkerConnections})
	}
	return backend.Slots(b.Kind, b.Threads, b.WorkerConnections)
}

// heeds reports whether the backend's workers have threads, and connections that they serve at once: where
// they have not, a number would be ignored, and a capacity computed from it wrong.
func (b Backend) heeds() (threads, connections bool) {
	if d, err := server.Lookup(b.Server); err == nil {
		return d.Threads, d.Connections
	}
	return b.Kind == backend.Threaded, b.Kind == backend.Threaded || b.Kind == backend.Async
}

// Over is the backend with what another says in place of what it says itself.
func (b Backend) Over(base Backend) Backend {
	said, out := reflect.ValueOf(b), reflect.ValueOf(&base).Elem()
	for i := range said.NumField() {
		if !said.Field(i).IsZero() {
			out.Field(i).Set(said.Field(i))
		}
	}
	return base
}

// The servers that a backend can be.
const (
	Embedded = "embedded"
	None     = "none" // nothing listens there
)

// Servers lists what a backend's server can be.
func Servers() []string { return append([]string{Embedded, None}, server.Names()...) }

// Real reports whether the backend is a server that has to be installed.
func (b Backend) Real() bool { return b.Server != Embedded && b.Server != None }
