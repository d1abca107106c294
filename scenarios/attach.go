package scenarios

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe"
	"weir/report/runfile"
)

// AttachOptions describe an experiment on servers that are already running. They are only read and
// offered load; nothing of theirs is changed.
type AttachOptions struct {
	Name  string
	Lanes []LaneOptions
	// given the computed capacity in req/s, 0 if unknown
	Plans  func(computed float64) ([]plan.Plan, error)
	Search *SearchOptions // in place of Plans; nil: none
	// observe so long after the load; 0: not at all
	Recovery          time.Duration
	Engine            string // one of Engines; empty: auto
	Workers           int
	WorkerConnections int
	ServiceTime       time.Duration // 0: measured at low load
	ProbeListener     string        // "", ":8000", "10.0.0.1:8000" or the path of a unix socket
	ProbePid          int
	ProbeEvery        time.Duration // 0: sampleEvery
	// prints what `weir probe --ndjson` does, from where the listener is; instead of the three above
	ProbeCommand   string
	Trace          bool // the listener's queue, by eBPF
	NGINXErrorLog  string
	NGINXAccessLog string
	NGINXStatus    string // the URL of its stub_status, or unix:/path
}

// LaneOptions is one path to the backend.
type LaneOptions struct {
	Name   string
	Target loadgen.Target
	// HopConnectTimeout is how long the proxy on this path waits for a connection to the backend. It decides
	// whether a dropped SYN becomes a failure; 0 means that there is no proxy.
	HopConnectTimeout time.Duration
	HopReadTimeout    time.Duration // how long the proxy waits for the backend's answer; 0: not known
}

// Attach makes an experiment on the user's own servers ready: it sends each lane one request to see that it
// answers, finds the listener, and measures the service time where none was given.
func Attach(ctx context.Context, opt AttachOptions) (*Setup, error) {
	setup := &Setup{
		Name: opt.Name, Environment: machine(),
		Capacity: runfile.Capacity{
			Workers: opt.Workers, WorkersSource: stated(opt.Workers),
			WorkerConnections: opt.WorkerConnections,
			ServiceTime:       opt.ServiceTime, ServiceTimeSource: runfile.Stated,
		},
	}
	if err := setup.attach(ctx, opt); err != nil {
		return nil, errors.Join(err, setup.Close())
	}
	return setup, nil
}

func stated(workers int) string {
	if workers == 0 {
		return ""
	}
	return runfile.Stated
}

func (s *Setup) attach(ctx context.Context, opt AttachOptions) error {
	for _, lo := range opt.Lanes {
		lane, err := newLane(lo.Name, lo.Target, opt.Engine)
		if err != nil {
			return fmt.Errorf("%s lane: %w", lo.Name, err)
		}
		if lo.HopConnectTimeout != 0 && Mode(lo.HopConnectTimeout) == runfile.Retrial {
			lane.Mode = runfile.Retrial
		}
		if lo.HopConnectTimeout != 0 {
			lane.Proxy = &runfile.ProxyTimeouts{
				Connect: lo.HopConnectTimeout, Read: lo.HopReadTimeout, Source: "stated, or NGINX's default",
			}
		}
		if err := s.greet(ctx, lane); err != nil {
			return err
		}
		s.Lanes = append(s.Lanes, lane)
		role := "backend"
		if lo.HopConnectTimeout != 0 {
			role = "proxy"
		}
		if name := identify(ctx, lane.Target); name != "" {
			s.Environment[role] = name
		}
	}
	every, err := s.probe(ctx, opt)
	if err != nil {
		return err
	}
	if err := s.watchNGINX(ctx, opt); err != nil {
		return err
	}
	if err := s.calibrate(ctx); err != nil {
		return err
	}
	s.pace(every, s.Capacity.ServiceTime)
	if opt.Search != nil {
		if err := s.searching(*opt.Search); err != nil {
			return s.unknownWorkers(err)
		}
		return nil
	}
	plans, err := opt.Plans(s.Capacity.Computed())
	if err != nil {
		return s.unknownWorkers(err)
	}
	if s.Trials, err = trials(s.Lanes, plans); err != nil || opt.Recovery == 0 {
		return err
	}
	return s.observe(opt.Recovery)
}

// unknownWorkers adds to the error of a plan that needs the workers why they were not counted.
func (s *Setup) unknownWorkers(err error) error {
	if s.Capacity.WorkersSource == runfile.NotCounted {
		return fmt.Errorf("%w; they were not counted: %s", err, s.Capacity.WorkersEvidence)
	}
	return err
}

// greet sends one request, so that a mistyped address is found before a whole run has failed on it.
func (s *Setup) greet(ctx context.Context, lane Lane) error {
	r, err := s.once(ctx, lane)
	if err != nil {
		return fmt.Errorf("%s lane: %w", lane.Name, err)
	}
	if s.closesFirst == nil {
		s.closesFirst = map[string]loadgen.Closer{}
	}
	s.closesFirst[lane.Name] = r.Closed
	if r.Outcome == loadgen.OK {
		if r.Status >= 300 {
			s.warn("redirect", lane.Name, map[string]any{"url": lane.Target.URL,
				"status": strconv.Itoa(r.Status)})
		}
		return nil
	}
	what := strings.ReplaceAll(string(r.Outcome), "_", " ")
	if r.Errno != 0 {
		what += fmt.Sprintf(" (%v, errno %d)", r.Errno, int(r.Errno))
	}
	where := lane.Target.URL
	if lane.Target.Network == "unix" {
		where += " on " + lane.Target.Address
	}
	return fmt.Errorf("%s lane: the first request to %s ended in %s: is the server running there, and does it answer this request?", lane.Name, where, what)
}

// probe has the kernel that has the listener watched, and returns how often it is; 0 if it is not.
func (s *Setup) probe(ctx context.Context, opt AttachOptions) (every time.Duration, err error) {
	if opt.ProbeCommand != "" {
		s.probeClient(opt.Lanes)
		return s.probeRemotely(ctx, opt)
	}
	every = cmp.Or(opt.ProbeEvery, sampleEvery)
	probing, err := s.probeListener(ctx, opt, every)
	if !probing {
		every = 0
	}
	return every, err
}

// probeListener opens the probe and finds the backend's listener. What the user named must be there; what
// weir looked for by itself and did not find is a warning.
func (s *Setup) probeListener(ctx context.Context, opt AttachOptions, every time.Duration) (probing bool,
	err error) {
	named := opt.ProbeListener != "" || opt.ProbePid != 0
	conf, why := probeConfig(opt)
	if why != nil {
		s.warn("no_listener", "", why)
	}
	if conf.Pid != 0 {
		s.probeClient(opt.Lanes)
	} else { // of a proxy on this machine too
		conf.Towards = appendMissing(targetPorts(opt.Lanes), conf.Ports...)
	}
	found, err := s.addProbe(conf, every)
	switch {
	case err != nil && named:
		return false, fmt.Errorf("probe: %w", err)
	case err != nil:
		s.warn("no_probe", "", map[string]any{"why": err.Error()})
		return false, nil
	case why != nil:
		return true, nil
	case len(found.Listeners) == 0 && probe.Unlisted(found.Errors) && !knownAbsent(found):
		// What the kernel keeps from this user is no reason not to run: the counters speak without it.
		s.warn("no_listener", "", map[string]any{"hidden": listenerName(conf)})
		s.unseenListener(conf.Host)
		return true, nil
	case len(found.Listeners) == 0 && named:
		return false, fmt.Errorf("probe: there is no listening socket for %s%s", listenerName(conf),
			sourceErrors(found))
	case len(found.Listeners) == 0:
		s.warn("no_listener", "", map[string]any{"missing": listenerName(conf)})
		s.unseenListener(conf.Host)
		return true, nil
	}
	s.watchListener(listenerFor(backendAddress(opt.ProbeListener, opt.Lanes[0]), found.Listeners),
		found.Listeners, conf.Host)
	return true, s.discover(ctx, conf)
}

// unseenListener has the lanes judged by the counters of the host's network namespace, which are known all
// the same.
func (s *Setup) unseenListener(host string) {
	for i := range s.Lanes {
		s.Lanes[i].ListenerHost = host
	}
}

// knownAbsent tells whether a reading that shows no listener shows that there is none.
func knownAbsent(s probe.Sample) bool {
	n, known := s.Gauges["listen.sockets"]
	return known && n == 0
}

// Discoverable tells whether the backend's listener can be looked for, and with it, perhaps, its workers.
func (opt AttachOptions) Discoverable() bool {
	_, why := probeConfig(opt)
	return opt.ProbeCommand == "" && why == nil
}

func sourceErrors(s probe.Sample) (text string) {
	for _, e := range s.Errors {
		text += "; not known: " + e.String()
	}
	return text
}

// probeConfig says which listener is watched; why not, in the terms of a warning, where none can be. The
// counters are watched all the same.
func probeConfig(opt AttachOptions) (conf probe.Config, why map[string]any) {
	conf = probe.Config{Host: "local", Pid: opt.ProbePid, Trace: opt.Trace}
	if name := opt.ProbeListener; probe.IsUnix(name) {
		conf.UnixPaths = []string{name}
		return conf, nil
	} else if name != "" {
		conf.Ports = []uint16{listenerPort(name)}
		return conf, nil
	}
	lane := opt.Lanes[0] // the direct one where there is one
	if lane.HopConnectTimeout != 0 {
		return conf, map[string]any{"behind_proxy": true}
	}
	if lane.Target.Network == "unix" {
		conf.UnixPaths = []string{lane.Target.Address}
		return conf, nil
	}
	u, err := url.Parse(lane.Target.URL)
	if err != nil {
		return conf, map[string]any{"error": err.Error()}
	}
	if opt.ProbePid == 0 && !probe.IsLocal(u.Hostname()) {
		return conf, map[string]any{"remote": u.Hostname()}
	}
	conf.Ports = []uint16{portOf(u)}
	return conf, nil
}

// CheckListener says what is wrong with the name of a listener: ":8000", "10.0.0.1:8000" or a path.
func CheckListener(name string) error {
	if name == "" || probe.IsUnix(name) || listenerPort(name) != 0 {
		return nil
	}
	return fmt.Errorf("%q is neither :PORT, ADDRESS:PORT nor the path of a unix socket", name)
}

// listenerPort is the port in a listener's name, 0 where there is none.
func listenerPort(name string) uint16 {
	_, port, err := net.SplitHostPort(name)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

func portOf(u *url.URL) uint16 {
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		return uint16(n)
	}
	switch u.Scheme {
	case "https":
		return 443
	case "fcgi":
		return 9000
	}
	return 80
}

func listenerName(conf probe.Config) string {
	if len(conf.UnixPaths) > 0 {
		return conf.UnixPaths[0]
	}
	return fmt.Sprintf("port %d", conf.Ports[0])
}
