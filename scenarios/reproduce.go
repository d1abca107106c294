package scenarios

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/probe/nginxlog"
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
}

// Reproduce sets a scenario up in a private lab. It must be called inside one (lab.Enter).
func Reproduce(ctx context.Context, s catalogue.Scenario, opt LabOptions) (*Setup, error) {
	setup := &Setup{
		Name: s.Name, Claim: s.Claim, Environment: machine(),
		Capacity: Capacity{
			Workers: s.Backend.Workers, WorkersSource: "stated", ServiceTime: s.Backend.ServiceTime,
			ServiceTimeSource: "stated", Backlog: uint32(s.Backend.Backlog),
		},
	}
	b := labBuilder{Setup: setup, scenario: s, opt: opt}
	if err := b.build(ctx); err != nil {
		return nil, errors.Join(err, setup.Close())
	}
	return setup, nil
}

type labBuilder struct {
	*Setup
	scenario catalogue.Scenario
	opt      LabOptions
	lab      *lab.Lab
}

func (b *labBuilder) build(ctx context.Context) error {
	var hosts []lab.HostSpec
	for _, name := range catalogue.Hosts() {
		hosts = append(hosts, lab.HostSpec{Name: name, Sysctls: b.scenario.Sysctls[name]})
	}
	l, err := lab.New(hosts)
	if err != nil {
		return err
	}
	b.lab = l
	b.onClose(l.Close)
	for _, missing := range l.MissingSysctls() {
		b.warn("no_sysctl", missing.Error())
	}
	b.Environment["lab"] = "private user, mount, PID and network namespaces; hosts joined by veth"
	if err := b.startBackend(ctx); err != nil {
		return err
	}
	if err := b.addLanes(ctx); err != nil {
		return err
	}
	if err := b.addProbes(); err != nil {
		return err
	}
	load := b.scenario.Load
	mu := b.Capacity.Computed()
	steps := plan.Steps(load.From*mu, load.To*mu, load.Trials, load.TrialDuration, load.Arrival, b.opt.Seed)
	if b.Trials, err = trials(b.Lanes, steps); err != nil {
		return err
	}
	b.pace(sampleEvery, b.scenario.Backend.ServiceTime)
	return nil
}

func (b *labBuilder) address(host string, port int) string {
	return fmt.Sprintf("%s:%d", b.lab.Host(host).Addr(), port)
}

func (b *labBuilder) addLanes(ctx context.Context) error {
	for _, name := range b.scenario.Lanes {
		address := b.address("backend", backendPort)
		if name == catalogue.Proxy {
			ok, err := b.startNGINX(ctx)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			address = b.address("proxy", proxyPort)
		}
		lane, err := newLane(name, loadgen.Target{
			URL: "http://" + address + "/", Connections: loadgen.New,
			ConnectTimeout: b.scenario.Load.ConnectTimeout, Timeout: b.scenario.Load.Timeout,
		}, b.opt.Engine)
		if err != nil {
			return err
		}
		lane.Listener, lane.ListenerHost = b.address("backend", backendPort), "backend"
		b.Lanes = append(b.Lanes, lane)
	}
	if len(b.Lanes) == 0 {
		return fmt.Errorf("scenario %s has only lanes that need NGINX: %w", b.scenario.Name, nginx.ErrNotInstalled)
	}
	return nil
}

// startNGINX reports false, with a warning in the setup, where there is no NGINX.
func (b *labBuilder) startNGINX(ctx context.Context) (bool, error) {
	path, version, err := nginx.Find(ctx, b.opt.NGINX)
	if errors.Is(err, nginx.ErrNotInstalled) {
		b.warn("no_proxy_lane", "The direct lane ran alone: "+err.Error())
		return false, nil
	}
	if err != nil {
		return false, err
	}
	b.Environment["proxy"] = "nginx/" + version
	conf := nginx.Config{
		Dir: filepath.Join(b.lab.Dir(), "nginx"), Listen: b.address("proxy", proxyPort),
		Upstreams:  []string{b.address("backend", backendPort)},
		Directives: b.scenario.NGINX.Location, Group: b.scenario.NGINX.Upstream,
		RunAs: "root", // the only uid that is mapped here; outside it is the ordinary user
	}
	server, err := nginx.Start(path, conf, b.lab.Host("proxy").Start)
	if err != nil {
		return false, err
	}
	b.onClose(server.Stop)
	if err := server.WaitReady(ctx); err != nil {
		return false, err
	}
	b.Watchers = append(b.Watchers,
		logWatcher("proxy", conf.ErrorLog(), nginxlog.ParseError),
		logWatcher("proxy", conf.AccessLog(), nginxlog.ParseAccess))
	return true, nil
}

func (b *labBuilder) addProbes() error {
	probes := []struct {
		host           string
		ports, towards []uint16 // that it listens on, and that it connects to
		every          time.Duration
	}{
		{"backend", []uint16{backendPort}, nil, sampleEvery},
		{"proxy", []uint16{proxyPort}, []uint16{backendPort}, contextEvery},
		{"client", nil, []uint16{backendPort, proxyPort}, contextEvery},
	}
	for _, p := range probes {
		conf := probe.Config{Host: p.host, NetNS: b.lab.Host(p.host).NetNS(), Ports: p.ports, Towards: p.towards}
		if _, err := b.addProbe(conf, p.every); err != nil {
			return err
		}
	}
	return nil
}
