package scenarios

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/runfile"
	"weir/scenarios/catalogue"
	"weir/scenarios/lab"
	"weir/scenarios/nginx"
)

const (
	backendPort = 8000
	proxyPort   = 8080

	// sampleEvery is 100 Hz: twice what is needed to see a trial's queue, at 1 % of a core.
	sampleEvery = 10 * time.Millisecond
	// contextEvery is for hosts that only give context: the proxy's own listener and the client's ports.
	contextEvery = 100 * time.Millisecond
)

// LabOptions are what a reproduction takes beside its scenario.
type LabOptions struct {
	Seed    uint64
	Version string // of this program
	Program string // this program, which also is the backend: /proc/self/exe
	Engine  string // one of Engines; empty: auto
	NGINX   string // path of NGINX; empty: the installed one
	Trace   bool   // the backends' queues, by eBPF: takes a lab that was entered with lab.HostUser
}

// Reproduce sets a scenario up in a private lab. It must be called inside one (lab.Enter).
func Reproduce(ctx context.Context, s catalogue.Scenario, opt LabOptions) (*Setup, error) {
	setup := &Setup{Name: s.ID(), Claim: s.Claim, Environment: machine(), Capacity: capacityOf(s)}
	b := labBuilder{Setup: setup, scenario: s, opt: opt, servers: map[string]*server{},
		proxies: map[string]*proxy{}}
	if err := b.build(ctx); err != nil {
		return nil, errors.Join(err, setup.Close())
	}
	return setup, nil
}

// capacityOf adds up the backends that listen: Σ workers × slots ÷ duration, told as all of their workers,
// the slots of each, and the service time with which these do that. Where their slots are not alike, each
// slot counts as a worker. Only the first one's backlog is told, as only its queue is a lane's.
func capacityOf(s catalogue.Scenario) runfile.Capacity {
	c := runfile.Capacity{WorkersSource: runfile.Stated, ServiceTimeSource: runfile.Stated}
	workers, slots, each, alike, rate := 0, 0, 0, true, 0.0
	for _, name := range s.BackendNames() {
		b := s.Backends[name]
		if b.Server == catalogue.None {
			continue
		}
		if each == 0 {
			each, c.Backlog = b.Slots(), uint32(b.Backlog)
		}
		alike = alike && b.Slots() == each
		workers, slots = workers+b.Workers, slots+b.Workers*b.Slots()
		if takes := s.MeanServiceTime(b).Seconds(); takes > 0 {
			rate += float64(b.Workers*b.Slots()) / takes
		}
	}
	c.Workers = workers
	switch {
	case !alike:
		c.Workers, c.WorkersSource = slots, runfile.Summed
	case each > 1:
		c.WorkerConnections = each
	}
	if rate > 0 {
		c.ServiceTime = time.Duration(float64(slots) / rate * float64(time.Second)).Round(time.Microsecond)
	}
	return c
}

type labBuilder struct {
	*Setup
	scenario catalogue.Scenario
	opt      LabOptions
	lab      *lab.Lab
	servers  map[string]*server // by host
	proxies  map[string]*proxy
}

func (b *labBuilder) build(ctx context.Context) error {
	var hosts []lab.HostSpec
	for _, name := range b.scenario.Hosts() {
		backend := b.scenario.Backends[name] // of another host: nothing
		hosts = append(hosts, lab.HostSpec{
			Name: name, Sysctls: b.scenario.Sysctls[name], CPUQuota: float64(backend.CPUQuota),
			Hogs: backend.Hogs,
		})
	}
	l, err := lab.New(hosts)
	if err != nil {
		return err
	}
	b.lab = l
	b.onClose(l.Close)
	b.Environment["lab"] = "private user, mount, PID and network namespaces; hosts joined by veth"
	for _, name := range b.scenario.BackendNames() {
		if err := b.startServer(ctx, name); err != nil {
			return err
		}
	}
	if err := b.addLanes(ctx); err != nil {
		return err
	}
	if err := b.addProbes(); err != nil {
		return err
	}
	if err := b.addChecks(); err != nil {
		return err
	}
	if b.Trials, err = trials(b.Lanes, b.plans()); err != nil {
		return err
	}
	if err := b.addDeeds(ctx); err != nil {
		return err
	}
	b.pace(sampleEvery, b.longest())
	for _, c := range b.scenario.Checks {
		// so that there are checks before the load to set those in it beside
		b.Baseline = max(b.Baseline, 3*c.Every)
	}
	b.DrainLimit = b.scenario.Load.DrainsFor()
	return nil
}

func (b *labBuilder) plans() []plan.Plan {
	l := b.scenario.Load
	from, to := l.Rate, l.Rate
	if l.Rate == 0 {
		mu := b.Capacity.Computed()
		from, to = l.From*mu, l.To*mu
	}
	return plan.Steps(from, to, l.Trials, l.TrialDuration, l.Arrival, b.opt.Seed)
}

// longest is how long a worker may still be busy when the last request has ended.
func (b *labBuilder) longest() (d time.Duration) {
	for _, s := range b.scenario.Backends {
		d = max(d, s.ServiceTime)
	}
	return d
}

func (b *labBuilder) address(host string, port int) string {
	return fmt.Sprintf("%s:%d", b.lab.Host(host).Addr(), port)
}

func (b *labBuilder) addLanes(ctx context.Context) error {
	for _, l := range b.scenario.Lanes {
		if b.scenario.ThroughProxy(l) {
			ok, err := b.startNGINX(ctx, l.To)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
		}
		lane, err := newLane(l.Name, b.mixed(b.target(l.To, l.Path, l.Connections)), b.opt.Engine)
		if err != nil {
			return err
		}
		lane.Deadline = cmp.Or(b.scenario.Load.Deadline, lane.Deadline)
		lane.ListenerHost, lane.Listener = b.listenerBehind(l.To)
		if n := b.listening(b.scenario.Proxies[l.To].Upstreams); n > 1 {
			b.warn("one_queue_of_several", l.Name,
				map[string]any{"host": l.To, "servers": n, "first": lane.ListenerHost})
		}
		if b.proxies[l.To] != nil {
			conf := b.nginxConfig(l.To, b.scenario.Proxies[l.To])
			lane.Proxy = &runfile.ProxyTimeouts{
				Connect: conf.ConnectTimeout(), Read: conf.ReadTimeout(), Source: "its configuration",
			}
		}
		b.Lanes = append(b.Lanes, lane)
	}
	if len(b.Lanes) == 0 {
		return fmt.Errorf("scenario %s has only lanes that need NGINX: %w", b.scenario.Name,
			nginx.ErrNotInstalled)
	}
	return nil
}

// target is what a lane or a check asks of a host.
func (b *labBuilder) target(to, path string, use loadgen.Connections) loadgen.Target {
	t := loadgen.Target{
		Connections:    cmp.Or(use, loadgen.New),
		RequestIDs:     true, // the proxies' logs are joined by them
		ConnectTimeout: b.scenario.Load.ConnectTimeout, Timeout: b.scenario.Load.Timeout,
	}
	if s := b.servers[to]; s != nil {
		t.URL = "http://" + s.authority() + path
		if s.script != "" {
			t.URL = "fcgi://" + s.authority() + s.script + path
		}
		if s.network == "unix" {
			t.Network, t.Address = "unix", s.address
		}
		return t
	}
	t.URL = "http://" + b.address(to, proxyPort) + path
	return t
}

// mixed asks for the load's mix of paths where it has one.
func (b *labBuilder) mixed(t loadgen.Target) loadgen.Target {
	for _, path := range slices.Sorted(maps.Keys(b.scenario.Load.Mix)) {
		t.Requests = append(t.Requests, loadgen.Request{URI: path, Weight: b.scenario.Load.Mix[path]})
	}
	return t
}

// listenerBehind is the queue that a lane is judged by: that of the backend that it leads to, or of the first
// one behind its proxy that listens.
func (b *labBuilder) listenerBehind(to string) (host, listener string) {
	names := []string{to}
	if p, ok := b.scenario.Proxies[to]; ok {
		names = p.Upstreams
	}
	for _, name := range names {
		if s := b.servers[name]; s != nil {
			return name, s.address
		}
	}
	return "", ""
}

// listening is how many of these backends have a listener.
func (b *labBuilder) listening(backends []string) (n int) {
	for _, name := range backends {
		if b.servers[name] != nil {
			n++
		}
	}
	return n
}

func (b *labBuilder) addProbes() error {
	for _, host := range b.scenario.Hosts() {
		conf := probe.Config{Host: host, NetNS: b.lab.Host(host).NetNS()}
		every := contextEvery
		switch s := b.servers[host]; {
		case s != nil && s.network == "unix":
			conf.UnixPaths, every = []string{s.address}, sampleEvery
		case s != nil:
			conf.Ports, conf.Trace, every = []uint16{backendPort}, b.opt.Trace, sampleEvery
		case b.proxies[host] != nil:
			conf.Ports, conf.Towards = []uint16{proxyPort}, []uint16{backendPort}
		case host == catalogue.Client:
			conf.Towards = []uint16{backendPort, proxyPort}
		}
		if _, err := b.addProbe(conf, every); err != nil {
			return err
		}
	}
	return nil
}
