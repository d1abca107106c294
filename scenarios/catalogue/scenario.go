package catalogue

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"weir/loadgen"
)

// Scenario is one experiment in the private lab, and how what it measures is judged. After Open, Backends and
// Proxies are complete: what Backend and NGINX say for all of them has been put into each.
type Scenario struct {
	// name of the scenario, and of its file: lower case letters, digits and "-"
	Name  string `yaml:"name"`
	Claim string `yaml:"claim"` // what is put to the test, in one sentence
	// what the article says, in a few words, and where
	Article string `yaml:"article"`
	// paths to a backend, each with its own load; a name alone, direct or proxy, is enough
	Lanes []Lane `yaml:"lanes"`
	// by host: client, and every backend and proxy by its name
	Sysctls map[string]map[string]string `yaml:"sysctls"`
	// keys of every backend that does not say otherwise
	Backend  Backend            `yaml:"backend"`
	Backends map[string]Backend `yaml:"backends"` // by host; none: one, named backend
	NGINX    NGINX              `yaml:"nginx"`    // keys of every proxy that does not say otherwise
	Proxies  map[string]NGINX   `yaml:"proxies"`  // by host; none: one, named proxy
	Load     Load               `yaml:"load"`     // what is offered to each lane
	Events   []Event            `yaml:"events"`   // what is done in each trial while the load runs
	Checks   []Check            `yaml:"checks"`   // health checks, beside the load
	// what may be found; the first whose conditions all hold is the verdict
	Verdicts []Verdict `yaml:"verdicts"`
	// the verdict rests on counts with wide bounds, and the processor is hardly used: others may run beside
	// it
	Light bool `yaml:"light"`
	// the verdicts hold for each variant alone: each is a claim of its own
	Each bool `yaml:"each"`

	// name of a page that summarises this scenario together with the others that name the same page
	Page string `yaml:"page"`

	// what the verdict begins with where the key setting is turned round, as flip.gives says; "": it does not
	Gives   string `yaml:"-"`
	Variant string `yaml:"-"` // which of the file's variants this is; "" where it has none
}

// Lane is one path to a backend. In a file it may be a name alone: direct is the first backend, proxy the
// first proxy.
type Lane struct {
	Name string `yaml:"name"` // name of the lane: direct, proxy or another
	To   string `yaml:"to"`   // the backend or proxy that its requests go to
	Path string `yaml:"path"` // path of its requests; default /
	// new (default): one connection a request; reuse: kept connections
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

// NGINX is what a proxy's configuration says beyond the least.
type NGINX struct {
	// backends; none: all, in the order of their names
	Upstreams []string `yaml:"upstreams"`
	// by backend: parameters of its server line, like max_fails=3
	Servers           map[string]string `yaml:"servers"`
	Workers           int               `yaml:"workers"`            // worker_processes; 0: 1
	WorkerConnections int               `yaml:"worker_connections"` // 0: many
	Location          map[string]string `yaml:"location"`           // directives of the proxying location
	Upstream          map[string]string `yaml:"upstream"`           // directives of the upstream block
}

// Verdict is what is found if all its conditions hold. The first that does is the scenario's.
type Verdict struct {
	Verdict string `yaml:"verdict"` // confirmed, refuted, or only when …
	Shows   string `yaml:"shows"`   // what this machine then does, in one sentence
	// what to do then, who has the same trouble: on the one page; "": nothing is said
	Now string      `yaml:"now"`
	If  []Condition `yaml:"if"` // its conditions; an assertion alone is enough for one
}

// Answer is the one of Answers that the verdict begins with.
func (v Verdict) Answer() string {
	for _, a := range Answers() {
		if strings.HasPrefix(v.Verdict, a) {
			return a
		}
	}
	return ""
}

// Condition holds assertions of the gate's grammar (`weir gate --help`) against a run. In a file it may be an
// assertion alone.
type Condition struct {
	Run     string   `yaml:"run"`     // a variant; none where the scenario has none
	Against string   `yaml:"against"` // the variant that baseline. stands for
	Assert  []string `yaml:"assert"`  // assertions in the grammar of weir gate (weir help assert)
	Places  []string `yaml:"-"`       // line:column of each assertion in the file
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

// ID names the scenario with its variant: of a run, a folder, a line of progress.
func (s Scenario) ID() string {
	if s.Variant == "" {
		return s.Name
	}
	return fmt.Sprintf("%s-%s", s.Name, s.Variant)
}
