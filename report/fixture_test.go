package report

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/loadgen/search"
	"weir/probe"
	"weir/probe/nginxlog"
	"weir/report/analysis"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/world"
)

// The fixtures are what the analysis says of simulated runs, so that what they show is what people will read.

const ms = time.Millisecond

// fixtures by the name of their golden files.
var fixtures = map[string]func() *result.Analysis{
	"demo": demo, "nothing-failed": fixture(nothingFailed), "one-lane": oneLane, "reused": fixture(reused),
	"no-capacity": noCapacity, "invalid": invalid, "all-null": allNull,
	"limiter": fixture(limiter), "inner-queue": fixture(innerQueue),
	"retrial": fixture(retrial), "generator": fixture(overloadedGenerator), "search": fixture(searching),
	"recovery": fixture(recovering), "unix": fixture(unixSocket), "failing": fixture(alwaysFailing),
	"hostile": hostile,
}

var (
	demo       = fixture(demonstration)
	invalid    = fixture(unbelievable)
	oneLane    = fixture(withoutNGINX)
	noCapacity = fixture(addressOnly)
	allNull    = fixtureOf(killed)
)

// fixture analyses a world's record once, and hands out copies.
func fixture(w func() world.World) func() *result.Analysis {
	return fixtureOf(func() ([]byte, error) { return w().Record() })
}

func fixtureOf(record func() ([]byte, error)) func() *result.Analysis {
	once := sync.OnceValue(func() *result.Analysis {
		r, err := record()
		if err == nil {
			var a *result.Analysis
			if a, err = analysis.Analyze(runfile.NewReader(bytes.NewReader(r), "run.ndjson")); err == nil {
				return a
			}
		}
		panic(err)
	})
	return func() *result.Analysis { return clone(reflect.ValueOf(once())).Interface().(*result.Analysis) }
}

// clone copies a value that has no cycles.
func clone(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(clone(v.Elem()))
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		}
		for i := range v.Len() {
			out.Index(i).Set(clone(v.Index(i)))
		}
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		}
		for k, e := range v.Seq2() {
			out.SetMapIndex(k, clone(e))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if out.Field(i).CanSet() {
				out.Field(i).Set(clone(v.Field(i)))
			}
		}
	}
	return out
}

// demonstration is the run of the README: two lanes, everything known.
func demonstration() world.World {
	w := world.Demo()
	w.Seed, w.Noise = 7, world.Noise{Trial: .003, Jitter: 600 * time.Microsecond}
	w.Lanes, w.NGINX, w.Length, w.Deadline = []string{"direct", world.Proxy}, true, 2500*ms, 950*ms
	w.Header = attached
	w.More = looks(nil)
	return w
}

// lostWorker is the same server when one of its workers is gone.
func lostWorker() world.World {
	w := demonstration()
	w.Workers, w.Seed = 7, 8
	return w
}

// attached is what a run in the lab has in its header.
func attached(h *runfile.Header) {
	h.Version, h.Name = "0.1.0", "backlog-overflow"
	h.Command = []string{"weir", "reproduce", "backlog-overflow", "--seed", "7"}
	h.Epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	h.Claim = "The accept queue overflows where workers ÷ service time says."
	h.Environment = map[string]string{
		"kernel": "Linux 6.18.5", "backend": "weir backend", "go": "go1.26.0", "cpus": "2",
		"backend: net.core.somaxconn": "4096", "backend: net.ipv4.tcp_abort_on_overflow": "0",
	}
	h.Capacity.WorkersSource, h.Capacity.WorkerConnections = "stated", 1
	for i := range h.Lanes {
		l := &h.Lanes[i]
		l.Engine, l.Connections, l.Close, l.MaxInFlight = "epoll", loadgen.New, loadgen.Orderly, 10_000
		l.Options = &runfile.Options{MaxBody: 16 << 20, RequestIDs: true, Requests: 1}
		if l.Name == world.Proxy {
			l.URL = "http://10.77.0.2:8080/"
			l.Proxy = &runfile.ProxyTimeouts{Connect: 900 * ms, Read: time.Minute, Source: "stated"}
			h.Environment["proxy"] = "nginx/1.22.1"
		}
	}
}

// looks is what the hosts show before the load and after it, where it differs by what changed.
func looks(changed func(*runfile.Host)) func(world.Recorder) error {
	return func(rec world.Recorder) error {
		for i := range 2 {
			none := uint32(0)
			h := runfile.Host{Host: world.Backend, At: time.Duration(1 + i*int(time.Minute))}
			h.Snapshot = probe.Snapshot{
				Sysctls:   map[string]string{"net.core.somaxconn": "4096", "net.ipv4.tcp_syncookies": "1"},
				Listeners: []probe.Listener{{Addr: world.Listener, Cookie: 1, Limit: 16, Drops: &none}},
			}
			if changed != nil && i == 1 {
				changed(&h)
			}
			if err := rec.Write(&h); err != nil {
				return err
			}
		}
		return nil
	}
}

// nothingFailed is a run that stayed below capacity.
func nothingFailed() world.World {
	w := demonstration()
	w.Rates = w.Rates[:5]
	return w
}

// withoutNGINX is a run of one lane, because there is no NGINX.
func withoutNGINX() world.World {
	w := demonstration()
	w.Lanes = w.Lanes[:1]
	w.Header = func(h *runfile.Header) {
		attached(h)
		h.Warnings = []runfile.Warning{{
			Code: "no_proxy_lane",
			Args: map[string]any{"why": "NGINX is not installed: install it, or name it with --nginx"},
		}}
	}
	return w
}

// reused is a run over kept connections whose generator was late, and of which the server closed some just
// as they were used again; a few SYNs were lost on the way.
func reused() world.World {
	w := demonstration()
	w.Header = func(h *runfile.Header) {
		attached(h)
		for i := range h.Lanes {
			h.Lanes[i].Connections = loadgen.Reuse
		}
	}
	w.Result = func(_ string, r *loadgen.Result) {
		late := time.Duration(0)
		if r.Seq%60 == 0 {
			late = 9 * ms
		}
		r.Sent, r.Done = r.Sent+late, r.Done+late
		if r.Connected > 0 {
			r.Connected += late
		}
		if r.Outcome != loadgen.OK {
			return
		}
		r.Closed = ""
		switch {
		case r.Seq%12 == 11:
			r.Reused, r.Connected, r.Closed = true, 0, loadgen.ByPeer
		case r.Seq%300 == 120:
			r.SYNRetrans, r.Connected, r.Done = 1, r.Sent+1031*ms, r.Done+1031*ms
		case r.Seq%400 == 50:
			r.Reused, r.Connected, r.Closed = true, 0, loadgen.ByPeer
			r.Status, r.Outcome = 0, loadgen.ReusedClosed
		case r.Seq%12 > 0:
			r.Reused, r.Connected = true, 0
		}
	}
	return w
}

// addressOnly is a run against a server of which only the address is known, on a host whose probe prints
// what it sees: another listener overflows there too, and somebody changes a sysctl.
func addressOnly() world.World {
	w := demonstration()
	w.Stamps = false
	w.Header = func(h *runfile.Header) {
		attached(h)
		h.Capacity = runfile.Capacity{WorkersSource: runfile.NotCounted,
			WorkersEvidence: "the processes behind the listener cannot be seen"}
		delete(h.Environment, "backend")
	}
	w.Sample = func(s *probe.Sample) {
		s.Counters["TcpExtListenOverflows"] += uint64(s.At/time.Second) / 5
		s.Gauges = map[string]uint64{
			"ports.used": 2251, "ports.range": 28_232,
			"tcp.towards.time_wait": 2210, "listen.syn_recv": 3, "tcp.towards.syn_sent": 41,
		}
	}
	look := looks(func(h *runfile.Host) {
		drops := uint32(12)
		h.Sysctls["net.core.somaxconn"] = "1024"
		other := probe.Listener{Addr: "0.0.0.0:9000", Cookie: 2, Limit: 128, Drops: &drops}
		h.Listeners = append(h.Listeners, other)
	})
	w.More = func(rec world.Recorder) error {
		early := 310 * time.Microsecond
		for i := range 91 {
			offset, rtt := -2250*ms+time.Duration(i)*4*time.Microsecond, 600*time.Microsecond
			c := runfile.Clock{
				Host: world.Backend, At: time.Duration(i) * time.Second, Method: "ping",
				Offset: offset, Early: &early, Late: early, RTT: rtt, Ahead: -12 * ms,
				PingOffset: &offset, PingRTT: &rtt,
			}
			if err := rec.Write(&c); err != nil {
				return err
			}
		}
		return look(rec)
	}
	return w
}

// unbelievable is a run whose server was under somebody else's load before, some requests of which were not
// sent, and that its user ended; the probe lost sight of the queue for a while.
func unbelievable() world.World {
	w := demonstration()
	w.Stop, w.Reason = 27, runfile.Interrupted
	w.Result = func(lane string, r *loadgen.Result) {
		if lane == world.Proxy && r.Seq%1000 == 700 {
			none(r, loadgen.Shed, r.Due)
			r.Sent = 0
		}
	}
	w.Sample = func(s *probe.Sample) {
		before := uint64(min(s.At, 400*ms) / (100 * ms))
		drops := *s.Listeners[0].Drops + uint32(before)
		s.Counters["TcpExtListenOverflows"] += before
		s.Listeners[0].Drops = &drops
		if s.At > 60*time.Second && s.At < 62*time.Second {
			s.Listeners, s.Errors = nil, []probe.SourceError{{Source: "inet_diag", Text: "timeout"}}
		}
	}
	return w
}

// none lets a request have no answer.
func none(r *loadgen.Result, o loadgen.Outcome, at time.Duration) {
	r.Connected, r.FirstByte, r.Status, r.Outcome, r.Closed, r.Done = 0, 0, 0, o, "", at
}

// overloadedGenerator is a run in which the load was too much for the machine that offered it, not for the
// server.
func overloadedGenerator() world.World {
	w := direct(world.Server{Workers: 8, Service: world.Constant(20 * ms), Backlog: 16})
	w.Rates = world.Steps(200, 360, 8)
	w.Result = func(_ string, r *loadgen.Result) {
		switch {
		case r.Seq%40 == 0:
			r.Sent, r.Done = r.Sent+14*ms+200*time.Microsecond, r.Done+14*ms+200*time.Microsecond
		case r.Seq%50 == 7:
			none(r, loadgen.DNSFailed, r.Due)
			r.Sent = 0
		case r.Seq%100 == 99:
			none(r, loadgen.NoLocalPort, r.Sent)
		case r.Seq%500 == 98:
			none(r, loadgen.NoFD, r.Sent)
		}
	}
	w.End = func(e *runfile.TrialEnd) {
		stolen, delay, busy, waited := e.Generator.Wall/8, e.Generator.Wall*6/10, .97, .6
		e.Generator.CPU, e.Generator.Stolen, e.Drained = e.Generator.Wall*93*2/100, &stolen, e.Index != 5
		if e.Index < 4 {
			e.Generator.RunDelay = &delay
		} else {
			e.Generator.Loops, e.Generator.LoopCPU, e.Generator.LoopDelay = 2, &busy, &waited
		}
	}
	return w
}

// killed is a record that was cut off right after its header and one trial's opening.
func killed() ([]byte, error) {
	w := world.World{
		Server: world.Server{Workers: 1, Service: world.Constant(20 * ms)}, Lanes: []string{"direct"},
		Mode: runfile.Retrial, Rates: []float64{50}, Length: 2 * time.Second, Every: time.Hour,
	}
	w.Header = func(h *runfile.Header) {
		h.Version, h.Name, h.Capacity, h.Environment = "0.1.0", "run", runfile.Capacity{}, nil
		h.Lanes[0].Listener, h.Lanes[0].ListenerHost, h.Lanes[0].URL = "", "", "http://127.0.0.1:8000/"
	}
	record, err := w.Record()
	var kept strings.Builder
	for line := range strings.Lines(string(record)) {
		if strings.Contains(line, `"kind":"header"`) || strings.Contains(line, `"kind":"trial"`) {
			kept.WriteString(line)
		}
	}
	return []byte(kept.String()), err
}

// direct is a run at a server behind nothing.
func direct(s world.Server) world.World {
	w := demonstration()
	w.Server, w.Lanes, w.NGINX, w.Stamps, w.Stated = s, []string{"direct"}, false, false, 0
	w.Header = func(h *runfile.Header) {
		attached(h)
		h.Name, h.Claim, h.Command = "run", "", []string{"weir", "run", "--direct", "http://10.77.0.3:8000/"}
		delete(h.Environment, "backend")
	}
	return w
}

// limiter is a server that answers 429 above 300 req/s.
func limiter() world.World {
	s := world.Server{Workers: 8, Service: world.Constant(20 * ms), Backlog: 511}
	s.MostRate, s.Burst = 300, 10
	return direct(s)
}

// innerQueue is an event loop that does 200 req/s and takes in whatever comes. Its clients wait for a second.
func innerQueue() world.World {
	s := world.Server{Workers: 1, Service: world.Constant(5 * ms), Backlog: 511}
	s.Ahead = world.Unbounded
	w := direct(s)
	w.Rates, w.Length, w.Timeout, w.Deadline = world.Steps(120, 320, 15), 5*time.Second, time.Second, 950*ms
	return w
}

// retrial is a run in which clients send their SYNs again, as they do outside of a measurement.
func retrial() world.World {
	w := direct(world.Server{Workers: 8, Service: world.Constant(20 * ms), Backlog: 16})
	w.Mode, w.Rates, w.Length = runfile.Retrial, []float64{360, 420, 480, 600}, 8*time.Second
	w.ConnectTimeout, w.Deadline, w.Timeout = 3500*ms, 10*time.Second, 10*time.Second
	return w
}

// searching is a search for the highest sustained rate.
func searching() world.World {
	w := direct(world.Server{Workers: 8, Service: world.Constant(20 * ms), Backlog: 16})
	spec := search.New(400, 17, 1, time.Second, 3*time.Minute)
	w.Rates, w.Search, w.Stamps = nil, &spec, true
	return w
}

// recovering is a load of three seconds on a deep queue, from which the server needs a while to come back.
func recovering() world.World {
	w := direct(world.Server{Workers: 2, Service: world.Constant(50 * ms), Backlog: 400})
	w.Rates, w.Length, w.Timeout, w.After = []float64{200}, 3*time.Second, time.Second, 15*time.Second
	return w
}

// unixSocket is a run at a server on a unix socket, whose overflows nothing counts: a client is told at once.
func unixSocket() world.World {
	const path = "/run/app.sock"
	w := direct(world.Server{Workers: 8, Service: world.Constant(20 * ms), Backlog: 16})
	header := w.Header
	w.Header = func(h *runfile.Header) {
		header(h)
		h.Lanes[0].Listener, h.Lanes[0].URL = path, "http://unix/"
		h.Lanes[0].Options.Address = path
	}
	w.Result = func(_ string, r *loadgen.Result) {
		if r.Outcome == loadgen.ConnectTimeout {
			none(r, loadgen.QueueFull, r.Sent+40*time.Microsecond)
			r.Errno = syscall.EAGAIN
		}
	}
	w.Sample = func(s *probe.Sample) {
		s.Counters["TcpExtListenOverflows"], s.Counters["TcpExtListenDrops"] = 7, 9
		s.Listeners[0].Addr, s.Listeners[0].Drops = path, nil
	}
	return w
}

// alwaysFailing is a server that fails one request in thirty at every rate, below its capacity, under
// arrivals as users make them. NGINX, which reaches its own limit too, says why: workers close the
// connection. One of them dies.
func alwaysFailing() world.World {
	w := demonstration()
	w.Failing, w.Arrival, w.Rates, w.Every = 1./30, plan.Poisson, []float64{200, 260, 320, 350}, 60*ms
	w.Event = func(lane string, r loadgen.Result) (e runfile.Event) {
		if lane == world.Proxy && r.Status == 502 {
			e = runfile.Event{
				Host: world.Proxy, Source: "nginx.error", Class: nginxlog.PrematureClose, Count: 1,
				Text: "upstream prematurely closed connection while reading response header from upstream",
			}
		}
		return e
	}
	w.Result = func(lane string, r *loadgen.Result) {
		switch {
		case r.Status == 500 && lane == world.Proxy:
			r.Status, r.Outcome = 502, loadgen.HTTP502
		case r.Status == 500:
			connected := r.Connected
			none(r, loadgen.ClosedBeforeResponse, r.Done)
			r.Connected, r.Closed = connected, loadgen.ByPeer
		}
	}
	look := w.More
	w.More = func(rec world.Recorder) error {
		err := rec.Write(&runfile.Event{
			Host: world.Backend, At: 9 * time.Second, Source: "runner", Class: "server_ended", Count: 1,
			Text: "a worker of the server ended: signal: killed",
		})
		unread := runfile.Access{Host: world.Proxy, At: 8 * time.Second, Unread: 3}
		return errors.Join(err, rec.Write(&unread), look(rec))
	}
	return w
}

// incident is a server of two slow workers under seventeen times the load that they do, and its health
// checks.
func incident() world.World {
	w := demonstration()
	w.Server = world.Server{Workers: 2, Service: world.Constant(675 * ms), Backlog: 128}
	w.Lanes, w.Rates, w.Length, w.Stamps, w.Stated = w.Lanes[1:], []float64{50}, time.Minute, false, 0
	w.Header = func(h *runfile.Header) {
		attached(h)
		h.Name, h.Claim = "incident", "Adding NGINX fixes it."
		h.Command = []string{"weir", "reproduce", "incident"}
	}
	look := w.More
	w.More = func(rec world.Recorder) error {
		for i := range 20 {
			e := runfile.Event{Host: world.Proxy, Source: "health", Count: 1}
			e.At = time.Duration(i) * 5 * time.Second
			if e.Class, e.Took = "failed", time.Second; i == 0 {
				e.Class, e.Took = "ok", 677*ms
			}
			if err := rec.Write(&e); err != nil {
				return err
			}
		}
		return look(rec)
	}
	return w
}

// plants is text as a hostile server, header or log line would send it.
var plants = []string{
	`</script><script>document.documentElement.dataset.pwned=1</script>`,
	`<img src=x onerror="document.documentElement.dataset.pwned=1">`,
	"\x1b[31mred\x1b[0m\x1b]0;title\x07",
	"evil\u202Egnp.exe\u2066\u200b",
	"line\u2028separator\u2029and\r\nbreaks\x00\xff",
	"| pipe ` tick ``` fence [link](javascript:alert(1)) ![img](http://x/y) @maintainer *b* _i_ # h",
	`{{.}} ${7*7} ' onfocus='document.documentElement.dataset.pwned=1' autofocus="`,
	"constructor", "__proto__",
}

// hostile is demo with the plants in every place that a server, a header, a file or a log can reach.
func hostile() *result.Analysis {
	a := demo()
	all := ""
	for _, p := range plants {
		all += " " + p
	}
	a.Name, a.Claim, a.Started, a.Version, a.Ended.How, a.Mode, a.Schema = all, all, all, all, all, all, all
	a.Command = append([]string{"weir", "run"}, plants...)
	a.Warnings = []result.Warning{{Code: result.Code(plants[0]), Text: all}}
	text := result.Finding{Text: all}
	a.Verdict = []result.Finding{{Text: "Hostile text:" + all}, text}
	a.Environment[plants[0]] = all
	a.Environment["kernel"], a.Environment["proxy"] = all, plants[1]
	a.Capacity.ServiceTimeSource = all
	for i := range a.Lanes {
		l := &a.Lanes[i]
		l.Name += plants[i]
		l.URL, l.Engine, l.Listener = "http://x/?"+all, all, all
		l.Connections.Use, l.Connections.TimeWait = all, &all
		l.Cause.Text.Text, l.Cause.EvidenceName, l.Cause.Evidence = all, plants[0], findings(plants)
		l.Reconciliation.Rule.Text = all
		l.NoOnset, l.OverflowOnset = text, nil
		l.ErrorOnset.Method, l.ErrorOnset.How = result.Method(plants[0]), result.Finding{Text: plants[0]}
		for _, p := range plants {
			l.Outcomes[p], l.Trials[3].Outcomes[p] = 3, 3
			l.Timeline.Bad[p] = make([]uint64, len(l.Timeline.AtS))
			l.Timeline.Bad[p][7] = 2
			l.LogClasses = append(l.LogClasses, result.LogClass{Source: p, Class: p, Count: 1, Text: p})
		}
		example := result.Proxied{Tries: []result.ProxyTry{{Addr: all}}, Text: text}
		l.ProxyLog = &result.ProxyLog{
			Requests: 2, Tries: 3, Retried: 1, Saved: 1,
			Hidden: map[string]uint64{plants[0]: 1, plants[1]: 2},
			Kinds: []result.ProxiedKind{
				{Outcome: all, Class: all, Kept: 1, Examples: []result.Proxied{example}},
			},
		}
		for j := range l.Timeline.Marks {
			l.Timeline.Marks[j].Text = text
		}
		for j := range l.Guides {
			l.Guides[j].Text = text
		}
	}
	return a
}

func ptr[T any](x T) *T { return &x }

// findings have their sentences.
func findings(sentences []string) (list []result.Finding) {
	for _, s := range sentences {
		list = append(list, result.Finding{Text: s})
	}
	return list
}
