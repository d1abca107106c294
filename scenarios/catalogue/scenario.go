package catalogue

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/scenarios/backend"
	"weir/scenarios/server"
)

// Scenario is one experiment in the private lab, and how what it measures is judged. After Open, Backends and
// Proxies are complete: what Backend and NGINX say for all of them has been put into each.
type Scenario struct {
	Name     string                       `yaml:"name"`
	Claim    string                       `yaml:"claim"`   // what is put to the test, in one sentence
	Article  string                       `yaml:"article"` // what the article says, in a few words, and where
	Lanes    []Lane                       `yaml:"lanes"`
	Sysctls  map[string]map[string]string `yaml:"sysctls"`  // by host: client, and every backend and proxy by its name
	Backend  Backend                      `yaml:"backend"`  // of each backend, where it says nothing else
	Backends map[string]Backend           `yaml:"backends"` // by host; none: one, named backend
	NGINX    NGINX                        `yaml:"nginx"`    // of each proxy, where it says nothing else
	Proxies  map[string]NGINX             `yaml:"proxies"`  // by host; none: one, named proxy
	Load     Load                         `yaml:"load"`
	Events   []Event                      `yaml:"events"` // in each trial
	Checks   []Check                      `yaml:"checks"` // health checks, beside the load
	Verdicts []Verdict                    `yaml:"verdicts"`
	Light    bool                         `yaml:"light"` // the verdict rests on counts with wide bounds, and the processor is hardly used: others may run beside it
	Each     bool                         `yaml:"each"`  // the verdicts hold for each variant alone: each is a claim of its own

	Page string `yaml:"page"` // of the one page that tells of it together with the scenarios that say the same; it names a file

	Gives   string `yaml:"-"` // what the verdict begins with where the key setting is turned round, as flip.gives says; "": it does not
	Variant string `yaml:"-"` // which of the file's variants this is; "" where it has none
}

// Lane is one path to a backend. In a file it may be a name alone: direct is the first backend, proxy the first proxy.
type Lane struct {
	Name        string              `yaml:"name"`
	To          string              `yaml:"to"`   // a backend or a proxy
	Path        string              `yaml:"path"` // default /
	Connections loadgen.Connections `yaml:"connections"`
}

// UnmarshalYAML takes a name alone for a lane.
func (l *Lane) UnmarshalYAML(decode func(any) error) error {
	if decode(&l.Name) == nil {
		return nil
	}
	type plain Lane
	return decode((*plain)(l))
}

// Backend is one server on a host of its own.
type Backend struct {
	Server            string        `yaml:"server"` // embedded (default), a real one (Servers), or none: nothing listens there
	Listen            string        `yaml:"listen"` // tcp (default) or unix
	Workers           int           `yaml:"workers"`
	WorkerConnections int           `yaml:"worker_connections"` // that an async, gevent, threaded or gthread worker has at once; 0: 1000
	ServiceTime       time.Duration `yaml:"service_time"`
	Backlog           int           `yaml:"backlog"` // as given to listen(); the kernel clamps it to somaxconn
	Body              int           `yaml:"body"`    // bytes of a response's body

	Threads int                      `yaml:"threads"` // of a worker, where the server has any; 0: its default
	Timeout time.Duration            `yaml:"timeout"` // a worker that is busy for longer is killed, whole seconds where the server is a real one; 0: its default
	Paths   map[string]time.Duration `yaml:"paths"`   // service times of their own; /health is 0

	CPUQuota Share `yaml:"cpu_quota"` // of one processor, for the whole server, by a control group; 0: no quota
	Hogs     int   `yaml:"hogs"`      // busy processes that the server shares one processor with; 0: none, and all processors

	Embedding `yaml:",inline"`
}

// Embedding is what only the embedded backend can do.
type Embedding struct {
	Kind      string             `yaml:"kind"`       // of its workers: sync (default), threaded, async
	KeepAlive time.Duration      `yaml:"keep_alive"` // how long threaded and async workers keep an idle connection; 0: not at all
	Service   *backend.Service   `yaml:"service"`    // how service times vary: lognormal:20ms/0.5; service_time is then its mean
	Compute   bool               `yaml:"compute"`    // sync workers compute for their service time, which takes a processor, and do not sleep
	Endpoints []backend.Endpoint `yaml:"endpoints"`  // paths whose answers go wrong, or are large: /sick=20ms,drop=0.1
}

// Drains estimates how long the backend still works at what waits in its queue after a trial, and for how long that is waited for:
// also on what nobody waits for any more.
func (s Scenario) Drains(b Backend) time.Duration {
	takes := s.MeanServiceTime(b).Seconds()
	if b.Server == None || takes <= 0 || b.Workers == 0 {
		return 0
	}
	rate := float64(b.Workers*b.Slots()) / takes
	excess := s.Load.Rate - rate
	if s.Load.Rate == 0 {
		excess = (s.Load.To - 1) * rate
	}
	waiting := min(excess*s.Load.TrialDuration.Seconds(), float64(b.Backlog))
	return min(time.Duration(max(waiting, 0)/rate*float64(time.Second)), s.Load.DrainsFor())
}

// DrainsFor is how long an emptying queue is waited for.
func (l Load) DrainsFor() time.Duration { return cmp.Or(l.Drain, DrainLimit) }

// DrainLimit is for how long a queue that empties is waited for after each trial, where nothing else is said.
const DrainLimit = 30 * time.Second

// Slots is how many requests a worker serves at once.
func (b Backend) Slots() int {
	if d, err := server.Lookup(b.Server); err == nil {
		return d.Slots(server.Spec{Threads: b.Threads, Connections: b.WorkerConnections})
	}
	return backend.Slots(b.Kind, b.Threads, b.WorkerConnections)
}

// heeds reports whether the backend's workers have threads, and connections that they serve at once: where they have
// not, a number would be ignored, and a capacity computed from it wrong.
func (b Backend) heeds() (threads, connections bool) {
	if d, err := server.Lookup(b.Server); err == nil {
		return d.Threads, d.Connections
	}
	return b.Kind == backend.Threaded, b.Kind == backend.Threaded || b.Kind == backend.Async
}

// NGINX is what a proxy's configuration says beyond the least.
type NGINX struct {
	Upstreams         []string          `yaml:"upstreams"`          // backends; none: all, in the order of their names
	Servers           map[string]string `yaml:"servers"`            // by backend: parameters of its server line, like max_fails=3
	Workers           int               `yaml:"workers"`            // worker_processes; 0: 1
	WorkerConnections int               `yaml:"worker_connections"` // 0: many
	Location          map[string]string `yaml:"location"`           // directives of the proxying location
	Upstream          map[string]string `yaml:"upstream"`           // directives of the upstream block
}

// Load is a row of separate, drained, constant-rate trials: from From to To × the capacity of all backends together,
// or at Rate.
type Load struct {
	From           float64       `yaml:"from"`
	To             float64       `yaml:"to"`
	Rate           float64       `yaml:"rate"`   // req/s, of each trial, instead of From and To
	Trials         int           `yaml:"trials"` // a lane
	TrialDuration  time.Duration `yaml:"trial_duration"`
	Arrival        plan.Arrival  `yaml:"arrival"`
	ConnectTimeout time.Duration `yaml:"connect_timeout"`
	Timeout        time.Duration `yaml:"timeout"`
	Deadline       time.Duration `yaml:"deadline"` // a later answer is no use; 0: 950 ms

	Drain time.Duration  `yaml:"drain"` // how long an emptying queue is waited for after each trial; 0: DrainLimit
	Mix   map[string]int `yaml:"mix"`   // paths that are asked for instead of the lanes', each with its weight
}

// Event is something done to a host at an offset from the beginning of each trial.
type Event struct {
	At    time.Duration `yaml:"at"`
	Do    string        `yaml:"do"` // one of Deeds
	Host  string        `yaml:"host"`
	For   time.Duration `yaml:"for"`   // of pause: then it is resumed; of read-slowly: how long
	NGINX NGINX         `yaml:"nginx"` // of reload: replaces location, upstream and servers

	Backend Backend           `yaml:"backend"` // of swap: what it says, over what the backend has
	Sysctls map[string]string `yaml:"sysctls"` // of swap: set before the new server starts; of sysctl: set under the one that runs

	// Of read-slowly.
	Clients        int    `yaml:"clients"`          // that read at once
	Path           string `yaml:"path"`             // what each asks for, again and again; default /
	BytesPerSecond int    `yaml:"bytes_per_second"` // that each reads
}

// Deeds are what an event can do: stop all processes of a server (SIGSTOP), let them go on, end them at once
// (SIGKILL), start the server anew, put another in its place, set sysctls of a host under the server that runs, have NGINX read
// another configuration, have clients beside the load that read slowly.
func Deeds() []string {
	return []string{"pause", "resume", "kill", "restart", "swap", "sysctl", "reload", "read-slowly"}
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

// MeanServiceTime is how long a request of the load keeps one of the backend's slots busy, in the mean.
func (s Scenario) MeanServiceTime(b Backend) time.Duration {
	if len(s.Load.Mix) == 0 {
		return b.ServiceTime
	}
	var sum float64
	total := 0
	for path, weight := range s.Load.Mix {
		d, own := b.Paths[path]
		if !own && path != healthPath {
			d = b.ServiceTime
		}
		sum += float64(weight) * d.Seconds()
		total += weight
	}
	return time.Duration(sum / float64(total) * float64(time.Second))
}

// healthPath is answered at once where nothing else is said.
const healthPath = "/health"

// Check sends single requests, one after the other, while the load runs, as a health check does.
type Check struct {
	To      string        `yaml:"to"` // a backend or a proxy
	Path    string        `yaml:"path"`
	Every   time.Duration `yaml:"every"`
	Timeout time.Duration `yaml:"timeout"`
	Slow    time.Duration `yaml:"slow"` // an answer that takes longer counts as slow
}

// Verdict is what is found if all its conditions hold. The first that does is the scenario's.
type Verdict struct {
	Verdict string      `yaml:"verdict"` // confirmed, refuted, or only when …
	Shows   string      `yaml:"shows"`   // what this machine then does, in one sentence
	Now     string      `yaml:"now"`     // what to do then, who has the same trouble: on the one page; "": nothing is said
	If      []Condition `yaml:"if"`
}

// Condition holds assertions of the gate's grammar (`weir gate --help`) against a run. In a file it may be an assertion alone.
type Condition struct {
	Run     string   `yaml:"run"`     // a variant; none where the scenario has none
	Against string   `yaml:"against"` // the variant that baseline. stands for
	Assert  []string `yaml:"assert"`
	Places  []string `yaml:"-"` // line:column of each assertion in the file
}

// UnmarshalYAML takes an assertion alone for a condition.
func (c *Condition) UnmarshalYAML(decode func(any) error) error {
	var alone string
	if decode(&alone) == nil {
		c.Assert = []string{alone}
		return nil
	}
	type plain Condition
	return decode((*plain)(c))
}

// The lanes that are known by their name, and the hosts of a scenario that names none.
const (
	Direct         = "direct"
	Proxy          = "proxy"
	Client         = "client"
	defaultBackend = "backend"
	defaultProxy   = "proxy"
)

// BackendNames and ProxyNames are in their order in the lab.
func (s Scenario) BackendNames() []string { return slices.Sorted(maps.Keys(s.Backends)) }

// ProxyNames lists the proxies.
func (s Scenario) ProxyNames() []string { return slices.Sorted(maps.Keys(s.Proxies)) }

// Hosts lists the lab's hosts; the load generator's own comes first.
func (s Scenario) Hosts() []string {
	return slices.Concat([]string{Client}, s.ProxyNames(), s.BackendNames())
}

// ThroughProxy reports whether a lane leads through NGINX.
func (s Scenario) ThroughProxy(l Lane) bool {
	_, ok := s.Proxies[l.To]
	return ok
}

// complete fills in what a file leaves out.
func (s *Scenario) complete() {
	if len(s.Backends) == 0 {
		s.Backends = map[string]Backend{defaultBackend: s.Backend}
	}
	if len(s.Proxies) == 0 {
		s.Proxies = map[string]NGINX{defaultProxy: s.NGINX}
	}
	for name, b := range s.Backends {
		b.Server, b.Listen = orElse(b.Server, Embedded), orElse(b.Listen, "tcp")
		s.Backends[name] = b
	}
	for name, p := range s.Proxies {
		if len(p.Upstreams) == 0 {
			p.Upstreams = s.BackendNames()
		}
		s.Proxies[name] = p
	}
	for i := range s.Lanes {
		l := &s.Lanes[i]
		l.Path = orElse(l.Path, "/")
		switch {
		case l.To != "":
		case l.Name == Direct:
			l.To = s.BackendNames()[0]
		case l.Name == Proxy:
			l.To = s.ProxyNames()[0]
		}
	}
	for i := range s.Checks {
		c := &s.Checks[i]
		c.Path = orElse(c.Path, healthPath)
	}
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
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

// ID names the scenario with its variant: of a run, a folder, a line of progress.
func (s Scenario) ID() string {
	if s.Variant == "" {
		return s.Name
	}
	return fmt.Sprintf("%s-%s", s.Name, s.Variant)
}
