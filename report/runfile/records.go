package runfile

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
	"weir/loadgen/search"
	"weir/loadgen/self"
	"weir/probe"
	"weir/probe/nginxlog"
	"weir/probe/nginxstatus"
)

// Schema names the format and its version. A reader refuses any other.
const Schema = "weir.run/1"

// BinWidth is the length of a Bin.
const BinWidth = count.Width

// Record is one line of a run. Every time is in nanoseconds from the header's Epoch.
type Record interface{ kind() string }

// Header is the first line: what was about to be run, where, and with what.
type Header struct {
	Schema  string    `json:"schema"`          // name and version of the format: "weir.run/1"
	Version string    `json:"version"`         // of weir
	Name    string    `json:"name"`            // scenario's name, or "run"
	Command []string  `json:"command"`         // arguments, to repeat it
	Epoch   time.Time `json:"epoch"`           // UTC
	Seed    uint64    `json:"seed"`            // seed of everything random in the plan
	Claim   string    `json:"claim,omitempty"` // what the scenario puts to the test
	// kernel, cpus, nginx, backend, go …, by these names
	Environment map[string]string `json:"environment"`
	// what was stated or found about the server before the load
	Capacity Capacity `json:"capacity"`
	Lanes    []Lane   `json:"lanes"` // each path to the backend
	// how many are planned, so that a cut run is seen; 0 of a search
	TrialsTotal int `json:"trials_total"`
	// how often each load is offered to each lane, in turn (--pairs); 0: once
	Pairs int `json:"pairs,omitempty"`
	// the trials are those of a search; nil: of a fixed plan
	Search *search.Spec `json:"search,omitempty"`
	// what was known before the load to weaken the run
	Warnings []Warning `json:"warnings,omitempty"`
	Asked    *Asked    `json:"asked,omitempty"` // nil: nothing was
}

// Asked is what the run is to be judged by, so that whoever reads the record can judge it again.
type Asked struct {
	Assertions []Assertion `json:"assertions"` // the assertions, as they were written
	// what another run showed, in the form of report.json
	Baseline json.RawMessage `json:"baseline,omitempty"`
}

// Assertion is one as it was written.
type Assertion struct {
	Expr string `json:"expr"`           // the assertion, as it was written
	Name string `json:"name,omitempty"` // from an assertion file
}

// Capacity is what was stated or found about the server before the load: workers × connections ÷ S.
type Capacity struct {
	Workers int `json:"workers,omitempty"` // 0: not known
	// Stated, Summed, Counted or NotCounted; "": nobody looked
	WorkersSource string `json:"workers_source,omitempty"`
	// the processes that were seen, and why they were not counted
	WorkersEvidence string `json:"workers_evidence,omitempty"`
	// requests that one worker serves at the same time; absent: one
	WorkerConnections int `json:"worker_connections,omitempty"`
	// nominal, as stated or measured before the load
	ServiceTime       time.Duration `json:"service_time,omitempty"`
	ServiceTimeSource string        `json:"service_time_source,omitempty"` // Stated or ClientMedian
	// single requests at low load, of which ServiceTime is the median
	ServiceTimes []time.Duration `json:"service_times,omitempty"`
	// asked for; what the kernel granted is in the samples
	Backlog uint32 `json:"backlog,omitempty"`
}

// Where a number of workers or their service time is from.
const (
	Stated       = "stated"        // by the user, or by the scenario
	Summed       = "summed"        // over backends that are not alike: workers × what each serves at once
	Counted      = "counted"       // the processes at the listener
	NotCounted   = "not_counted"   // they were looked at, and do not tell
	ClientMedian = "client_median" // of single requests, one at a time
)

// Computed is workers × connections ÷ service time in req/s; 0 where it is not known.
func (c Capacity) Computed() float64 {
	if c.Workers == 0 || c.ServiceTime <= 0 {
		return 0
	}
	return float64(c.Workers*max(c.WorkerConnections, 1)) / c.ServiceTime.Seconds()
}

// The modes of a lane: whether a dropped SYN is a failed request, because every connect timeout on the
// path ends before the kernel would send the SYN again, or only a late one.
const (
	Loss    = "loss"
	Retrial = "retrial"
)

// The roles of trials that are no load: how the server answers few requests before it, and just after.
const (
	Baseline = "baseline"
	Recovery = "recovery"
)

// Lane is one path to the backend under test.
type Lane struct {
	Name string `json:"name"` // "direct", "proxy"
	// where requests go; they may have other paths (--targets)
	URL  string `json:"url"`
	Mode string `json:"mode"` // Loss or Retrial
	// what sent the requests: "epoll" or "portable"
	Engine string `json:"engine"`
	// "new": one connection a request; "reuse": kept connections
	Connections loadgen.Connections `json:"connections"`
	// how connections end that are not kept; "": not recorded
	Close          loadgen.Closing `json:"close,omitempty"`
	ConnectTimeout time.Duration   `json:"connect_timeout"` // longest time to wait for a connection
	// longest time to wait for a whole answer, including the connection
	Timeout time.Duration `json:"timeout"`
	// most requests in flight; further ones are shed
	MaxInFlight int `json:"max_in_flight"`
	// an ok answer later than this (from due) counts as bad: late
	Deadline time.Duration `json:"deadline"`
	// address of the probed listener, as in its samples; "" where none was found
	Listener     string `json:"listener"`
	ListenerHost string `json:"listener_host"` // Sample.Host in which it lives
	// nil: there is no proxy on the path, or none of which anything is known
	Proxy   *ProxyTimeouts `json:"proxy,omitempty"`
	Options *Options       `json:"options,omitempty"` // nil: not recorded
}

// Options is how else the lane's generator was set, by its user or by default: what may make two runs differ
// that are alike in all else.
type Options struct {
	RequestsPerConnection int `json:"requests_per_connection,omitempty"` // 0: no bound
	// of kept connections; 0: no bound
	IdleTimeout time.Duration `json:"idle_timeout,omitempty"`
	MaxIdle     int           `json:"max_idle,omitempty"` // 0: no bound
	// taken in turn; none: the kernel chooses
	LocalAddrs []netip.Addr `json:"local_addrs,omitempty"`
	// of a unix socket that was dialled in place of the URL's host
	Address string `json:"address,omitempty"`
	// longest response body that is read, bytes
	MaxBody int `json:"max_body"`
	// each request has an X-Request-Id
	RequestIDs bool `json:"request_ids"`
	// certificates are not verified
	Insecure bool `json:"insecure,omitempty"`
	// different ones that are sent in turn
	Requests int `json:"requests"`
	// see loadgen.QuantumAt; 0: none
	WakeQuantum time.Duration `json:"wake_quantum,omitempty"`
}

// ProxyTimeouts are how long a proxy on the path waits for the backend.
type ProxyTimeouts struct {
	Connect time.Duration `json:"connect,omitempty"` // proxy_connect_timeout; 0: not known
	Read    time.Duration `json:"read,omitempty"`    // proxy_read_timeout; 0: not known
	// where that is known from: "its configuration", "stated, or NGINX's default"
	Source string `json:"source"`
}

// Warning is a reason to read the run with care that was known before its analysis: its code, and what its
// sentence names. Package report/words makes the sentence.
type Warning struct {
	Code string         `json:"code"`           // stable name of the warning
	Lane string         `json:"lane,omitempty"` // whose it is; "": the run's
	Args map[string]any `json:"args,omitempty"` // strings, true, and numbers in base units
}

// Trial opens a trial: one plan offered to one lane.
type Trial struct {
	Index int `json:"index"` // from 0, over all lanes
	// "": of the load; else Baseline or Recovery: a few requests beside it
	Role  string        `json:"role,omitempty"`
	Lane  string        `json:"lane"`  // name of the lane that it was offered to
	Rate  float64       `json:"rate"`  // req/s where the plan is constant, else 0
	Start time.Duration `json:"start"` // when the plan began
	Due   int           `json:"due"`   // requests in the plan
	Plan  plan.Plan     `json:"plan"`  // the schedule of its requests
}

// TrialEnd closes it, after every request had an outcome and the queue was seen empty.
type TrialEnd struct {
	Index     int           `json:"index"`      // index of the trial
	End       time.Duration `json:"end"`        // last outcome known
	Drained   bool          `json:"drained"`    // the listener's Recv-Q was seen at 0 afterwards
	DrainedAt time.Duration `json:"drained_at"` // when, or when waiting for it was given up
	Generator Generator     `json:"generator"`  // what the load generator used of its machine
	// nil: of the connections that carried no request nobody said how they ended
	Departed *Closings `json:"departed,omitempty"`
}

// Closings counts connections that ended, by who closed them first.
type Closings = count.Closings

// Generator is the load generator's confession for one trial: over its schedule or until its last outcome was
// known, which of the two asked for more of the processors.
type Generator = self.Usage

// Bin is what happened in one lane, trial and tenth of a second since the bin was last written: the
// reader adds up all records of the same (Trial, At). So the writer never waits for the slowest
// request, and a killed run has lost at most its last flush interval.
type Bin struct {
	Trial int           `json:"trial"` // index of its trial
	At    time.Duration `json:"at"`    // beginning of the bin
	// outcomes of the requests that were due in this bin
	Due map[loadgen.Outcome]uint64 `json:"due,omitempty"`
	// of Due[ok]: later than the lane's deadline
	Late uint64 `json:"late,omitempty"`
	// outcomes that became known in this bin
	Done map[loadgen.Outcome]uint64 `json:"done,omitempty"`
	Sent uint64                     `json:"sent,omitempty"` // attempts that began in this bin
	// lost SYNs of requests due in this bin
	SYNRetrans uint64 `json:"syn_retrans,omitempty"`
	// of requests due in this bin: handshakes that succeeded although SYNs were lost
	Connects []Connects `json:"connects,omitempty"`
	// of requests due in this bin: handshakes that timed out, by how many SYNs had no answer
	Unanswered []Connects `json:"unanswered,omitempty"`
	// connections made for requests due in this bin
	Opened uint64 `json:"opened,omitempty"`
	// of the connections of requests due in this bin; what is not among them was kept, or never made
	Closings
	// HDR V2, ns, of ok requests due in this bin: done−due
	Latency string `json:"latency,omitempty"`
	// the same, from when they were sent: done−sent
	FromSent string `json:"from_sent,omitempty"`
	// the same of the sent requests that were not ok
	FailLatency string `json:"fail_latency,omitempty"`
	// HDR V2, ns: sent−due of all sent requests due in this bin
	Lag string `json:"lag,omitempty"`
}

// Phases says where the time of a trial's ok requests went, of those that were recorded since the last such
// record of the trial: some half a second's, in one record, because two more histograms in each Bin would
// cost the generator what a Bin is too short to show. What is left of Bin.FromSent after the first byte is
// the rest of the response.
type Phases struct {
	Trial int `json:"trial"` // index of its trial
	// HDR V2, ns, of those on a connection of their own: connected−sent
	Connect   string `json:"connect,omitempty"`
	FirstByte string `json:"first_byte,omitempty"` // HDR V2, ns, of all: first_byte−sent
}

// Connects sums up handshakes that lost equally many SYNs.
type Connects = count.Connects

// Failure is one failed request with all its times. They are bounded per outcome and bin: examples, not a
// count.
type Failure struct {
	Trial  int            `json:"trial"`  // index of its trial
	Result loadgen.Result `json:"result"` // the request with all its times
}

// Sample is one reading of the probe. In the file, counters and gauges that did not change since the
// host's last sample are left out; the reader puts them back.
type Sample struct {
	probe.Sample
	// counters and gauges of the host's last sample that this one does not have: absent is not "unchanged"
	Gone []string `json:"gone,omitempty"`
}

// Host is what was read of a probed host once before the load and once after it: what differs changed
// meanwhile.
type Host struct {
	Host string        `json:"host"` // name of the host
	At   time.Duration `json:"at"`   // when it was read
	probe.Snapshot
}

// Clock is what was known, at one time, of the clock of a probe on another machine. Samples of the host that
// follow were moved by Offset.
type Clock struct {
	Host string        `json:"host"` // host of the probe
	At   time.Duration `json:"at"`   // when this was known, by our clock
	// "ping", or "arrival" where the probe answers none
	Method string `json:"method"`
	// what is added to the probe's own times; those count from an epoch of its own
	Offset time.Duration `json:"offset"`
	// the truth may be this much earlier; nil: nothing bounds it
	Early *time.Duration `json:"early,omitempty"`
	Late  time.Duration  `json:"late"`  // or this much later
	RTT   time.Duration  `json:"rtt"`   // of the ping that this rests on
	Ahead time.Duration  `json:"ahead"` // the wall clock there minus ours
	// the offset by the latest ping alone, which is right within half of PingRTT; nil: there was none
	PingOffset *time.Duration `json:"ping_offset,omitempty"`
	// round trip of the latest ping; absent: there was none
	PingRTT *time.Duration `json:"ping_rtt,omitempty"`
}

// Service is what a stamping backend says of its workers since its last such record: whole busy
// periods, from accept to being ready to accept again.
type Service struct {
	Host  string        `json:"host"`   // host of the backend
	At    time.Duration `json:"at"`     // when the periods had ended at the latest
	Count uint64        `json:"count"`  // busy periods
	Sum   time.Duration `json:"sum"`    // the periods' total length
	SumSq float64       `json:"sum_sq"` // of seconds squared
}

// The sources of events: a proxy's logs, whose classes are in probe/nginxlog; the runner, which warns of what
// did not go as it was to; a scenario, whose events are named as it names them; health checks.
const (
	FromErrorLog  = nginxlog.ErrorSource
	FromAccessLog = nginxlog.AccessSource
	FromRunner    = "runner"
	FromScenario  = "scenario"
	FromHealth    = "health"
)

// Classes of the runner's events, beside a scenario's events that could not be done and what a remote probe
// warns of.
const (
	ServerEnded = "server_ended" // by itself
	LogLost     = "log_lost"     // a log could not be followed
)

// Classes of health checks.
const (
	CheckOK     = "ok"
	CheckSlow   = "slow"
	CheckFailed = "failed"
)

// Event is something that a log or the runner saw: lines of one class within one bin, counted, with one as
// the example.
type Event struct {
	Host   string        `json:"host"`           // host of the log or the server that it is about
	At     time.Duration `json:"at"`             // beginning of the tenth of a second in which it was seen
	Source string        `json:"source"`         // one of nginx.error, nginx.access, runner, scenario, health
	Class  string        `json:"class"`          // what kind of line, by its source
	Count  uint64        `json:"count"`          // lines of this class in that time
	Text   string        `json:"text,omitempty"` // hostile: bounded, and escaped by every renderer
	// of a health check: from when it was sent until its outcome was known; 0: not recorded
	Took time.Duration `json:"took,omitempty"`
}

// Access sums what the lines of a proxy's access log say of one trial's requests, as they were read within
// one bin. A try is one attempt at one upstream server.
type Access struct {
	Host string        `json:"host"` // host whose log it is
	At   time.Duration `json:"at"`   // beginning of the bin
	// as X-Request-Id has it: in whole milliseconds (loadgen/wire.ID)
	TrialStart time.Duration `json:"trial_start"`
	Requests   uint64        `json:"requests,omitempty"` // a line each
	Tries      uint64        `json:"tries,omitempty"`    // at servers
	Retried    uint64        `json:"retried,omitempty"`  // requests with more than one
	Saved      uint64        `json:"saved,omitempty"`    // of Retried: answered below 500 in the end
	// of Saved: what their failed tries ended in, by upstream status, which no client saw
	Hidden      map[int]uint64 `json:"hidden,omitempty"`
	Unconnected uint64         `json:"unconnected,omitempty"` // tries that got no connection
	Connect     time.Duration  `json:"connect,omitempty"`     // all tries' time in connecting,
	Header      time.Duration  `json:"header,omitempty"`      // in waiting for a response header,
	Body        time.Duration  `json:"body,omitempty"`        // and in the rest of the response
	// lines of requests that are none of this run's, in a record of their own
	Foreign uint64 `json:"foreign,omitempty"`
	// lines that are not in the log_format, in the same
	Unread uint64 `json:"unread,omitempty"`
}

// ProxyStatus is one poll of the status page (stub_status) of an NGINX on the path.
type ProxyStatus struct{ nginxstatus.Poll }

// Proxied is one request as a proxy's access log tells it: of a Failure with the same trial and position, or
// an example of what a retry hid.
type Proxied struct {
	Host       string           `json:"host"`        // host whose log it is
	At         time.Duration    `json:"at"`          // when the line was read
	TrialStart time.Duration    `json:"trial_start"` // see Access
	Seq        int              `json:"seq"`         // position of the request in its trial's plan, from 0
	Request    nginxlog.Request `json:"request"`     // what the line says of the request
	// worth keeping, whatever became of it; else only beside its Failure
	Example bool `json:"-"`
}

// Footer is the last line of a run that ended by itself.
type Footer struct {
	At     time.Duration     `json:"at"`     // the latest time in anything recorded
	Reason string            `json:"reason"` // one of those below, after some of them with a colon and more
	Counts map[string]uint64 `json:"counts"` // records by kind, footer not included
}

// Ended is how the run ended, one of those below, and why where more than that is known.
func (f *Footer) Ended() (how, why string) {
	how, why, _ = strings.Cut(f.Reason, ": ")
	return how, why
}

// How a run ended.
const (
	Complete    = "complete"
	Interrupted = "interrupted" // by its user
	CutShort    = "cut short"   // by --max-duration
	Aborted     = "aborted"     // by a rule of --abort-if
	Failed      = "failed"
)

func (*Header) kind() string      { return "header" }
func (*Trial) kind() string       { return "trial" }
func (*TrialEnd) kind() string    { return "trial_end" }
func (*Bin) kind() string         { return "bin" }
func (*Phases) kind() string      { return "phases" }
func (*Failure) kind() string     { return "failure" }
func (*Sample) kind() string      { return "sample" }
func (*Host) kind() string        { return "host" }
func (*Clock) kind() string       { return "clock" }
func (*Service) kind() string     { return "service" }
func (*Event) kind() string       { return "event" }
func (*Access) kind() string      { return "access" }
func (*ProxyStatus) kind() string { return "proxy_status" }
func (*Proxied) kind() string     { return "proxied" }
func (*Footer) kind() string      { return "footer" }
