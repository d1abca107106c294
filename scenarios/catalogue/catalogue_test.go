package catalogue

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestEveryEmbeddedScenarioIsSound(t *testing.T) {
	names := Names()
	if len(names) == 0 {
		t.Fatal("the catalogue is empty")
	}
	for _, name := range names {
		for _, opt := range []Options{{}, {Quick: true}, {Flip: true}, {Quick: true, Flip: true}} {
			all, err := Open(name, opt)
			if err != nil {
				t.Fatalf("%+v: %v", opt, err)
			}
			if s := all[0]; s.Name != name || s.Claim == "" || s.Article == "" || len(s.Verdicts) == 0 {
				t.Errorf("%s.yaml is named %q, claims %q, says %q of the article and has %d verdicts", name,
					s.Name, s.Claim, s.Article, len(s.Verdicts))
			}
		}
	}
}

func TestUnknownName(t *testing.T) {
	if _, err := Open("nope", Options{}); !errors.Is(err, ErrUnknown) ||
		!strings.Contains(err.Error(), "backlog-overflow") {
		t.Errorf("the error is %v, want ErrUnknown with the names that there are", err)
	}
}

// Each row spoils one value of a good scenario; the error must name it.
func TestImpossibleValuesAreNamed(t *testing.T) {
	good, err := Source("backlog-overflow")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{"workers: 8", "workers: 0", "backend.workers"},
		{"workers: 8", "wokers: 8", `15:3: unknown key "wokers"; did you mean "workers"?`},
		{"workers: 8", "workers: four", `15:12: "four" is not a whole number`},
		{"service_time: 20ms", "service_time: 20", `16:17: "20" is no duration`},
		{"service_time: 20ms", "service_time: abc", `16:17: "abc" is no duration`},
		{"service_time: 20ms", "service_time: 20 ms",
			`16:17: "20 ms" is no duration: write it with its unit, like 200ms`},
		{"service_time: 20ms", "service_time: 2h", "backend.service_time"},
		{"backlog: 16", "backlog: -1", "backend.backlog"},
		{"backlog: 16", "backlog: 16\n  cpu_quota: 20", `18:14: share "20": write it in per cent`},
		{"backlog: 16", "backlog: 16\n  cpu_quota: -1%", "backend.cpu_quota"},
		{"backlog: 16", "backlog: 16\n  hogs: 1000", "backend.hogs"},
		{"backlog: 16", "backlog: 16\n  kind: async\n  compute: true", "backend.compute"},
		{"[direct, proxy]", "[direct, proxy]\nevents: [{at: 0s, do: read-slowly, host: proxy, for: 1s}]",
			"read-slowly takes"},
		{"[direct, proxy]", "[direct, proxy]\nevents: [{at: 0s, do: kill, host: backend, clients: 1}]",
			"go with read-slowly"},
		{"[direct, proxy]", "[direct, sideways]", `"sideways" is not a lane`},
		{"[direct, proxy]", "[direct, direct]", "twice"},
		{"[direct, proxy]", "[]", "lanes is empty"},
		{"to: 1.6", "to: 0.1", "load.from and load.to"},
		{"trials: 15", "trials: 0", "load.trials"},
		{"[direct, proxy]", "[direct, proxy]\nevents: [{at: 0s, do: kill, host: backend, backend: {paths: {/a: x}}}]", `13:66: "x" is no duration`},
		{"trials: 15", "trials: 15\n  mix: {pay: 1}", `load.mix: "pay": 1`},
		{"trials: 15", "trials: 15\n  mix: {/pay: 0}", `load.mix: "/pay": 0`},
		{"verdicts:  ", "events: [{at: 1s, do: swap, host: backend, backend: {workers: 9}}]\nverdicts:  ",
			"swap goes with one trial"},
		{"verdicts:  ", "events: [{at: 1s, do: kill, host: backend, backend: {workers: 9}}]\nverdicts:  ",
			"backend goes with swap"},
		{"verdicts:  ", "events: [{at: 1s, do: sysctl, host: backend, sysctls: {net.core.somaxconn: \"1\"}}]\nverdicts:  ", "sysctl goes with one trial"},
		{"verdicts:  ", "events: [{at: 1s, do: kill, host: backend, sysctls: {net.core.somaxconn: \"1\"}}]\nverdicts:  ", "these go with sysctl and swap"},
		{"verdicts:  ", "events: [{at: 1s, do: swap, host: proxy, backend: {workers: 9}}]\nverdicts:  ",
			"changed by reload"},
		{"verdicts:  ", "events: [{at: 1s, do: swap, host: backend, backend: {listen: unix}}]\nverdicts:  ",
			"at the same address"},
		{"arrival: constant", "arrival: bursty", "load.arrival"},
		{"connect_timeout: 900ms\n  timeout", "connect_timeout: 11s\n  timeout", "load.connect_timeout"},
		{"timeout: 10s", "timeout: 1h", "load.timeout"},
		{"  proxy:\n    net", "  prox:\n    net", `"prox" is not a host`},
		{"backlog: 16", "backlog: 16\n  threads: 4",
			`18:12: backend.threads means nothing to embedded sync workers`},
		{"backlog: 16", "backlog: 16\n  worker_connections: 5",
			`18:23: backend.worker_connections means nothing to embedded sync`},
		{"backlog: 16", "backlog: 16\n  kind: async\n  threads: 5", `means nothing to embedded async`},
		{"backlog: 16", "backlog: 16\n  server: gunicorn\n  threads: 4", `means nothing to gunicorn workers`},
		{"backlog: 16", "backlog: 16\n  server: puma\n  worker_connections: 4",
			`means nothing to puma workers`},
		// Faults in lists and in mappings of any depth are told by their own place.
		{"[direct, proxy]", "[direct, sideways]", "12:17: lanes"},
		{"[direct, proxy]", "[direct, proxy]\nevents:\n  - {at: 0s, do: kill, host: backend}\n  - {at: 0s, do: kil, host: backend}", "15:18: events: do"},
		{"[direct, proxy]", "[direct, proxy]\nevents:\n  - at: 0s\n    do: kill\n    host: backend\n    clients: 1", "15:9: events: clients"},
		{"[direct, proxy]", "[direct, proxy]\nchecks: [{to: proxy, every: 1s, timeout: 1s}, {to: prox, every: 1s, timeout: 1s}]", "13:52: checks: to"},
		{"trials: 15", "trials: 15\n  mix: {/: 1, pay: 1}", "34:20: load.mix"},
		{"nginx:\n", "nginx:\n  upstreams: [backend, bakend]\n",
			`27:24: nginx: there is no backend "bakend"`},
		{"nginx:\n", "nginx:\n  workers: 100\n", `27:12: nginx.workers`},
		{"  - verdict: refuted", "  - verdict: rejected", `"rejected" must begin with`},
	} {
		text := strings.Replace(string(good), c.from, c.to, 1)
		if text == string(good) {
			t.Fatalf("%q is not in the scenario any more", c.from)
		}
		file := filepath.Join(t.TempDir(), "spoilt.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(file, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s → %s: the error is %v, want it to say %s", c.from, c.to, err, c.want)
		}
	}
}

// What a swap says goes over what the backend has, and nothing else does.
func TestBackendOver(t *testing.T) {
	base := Backend{Server: Embedded, Listen: "tcp", Workers: 8, Backlog: 64,
		Paths: map[string]time.Duration{"/cart": time.Second}}
	got := Backend{Server: "gunicorn-gevent", WorkerConnections: 1000}.Over(base)
	if got.Server != "gunicorn-gevent" || got.WorkerConnections != 1000 || got.Workers != 8 ||
		got.Backlog != 64 || got.Paths["/cart"] != time.Second {
		t.Errorf("%+v", got)
	}
}

// A mix keeps a worker busy for the mean of its paths, of which the health check's is 0.
func TestMeanServiceTime(t *testing.T) {
	s := Scenario{Load: Load{Mix: map[string]int{"/pay": 18, "/cart": 1, "/health": 1}}}
	b := Backend{ServiceTime: 3 * time.Second,
		Paths: map[string]time.Duration{"/cart": 40 * time.Millisecond}}
	if got, want := s.MeanServiceTime(b), 2702*time.Millisecond; got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if got := (Scenario{}).MeanServiceTime(b); got != 3*time.Second {
		t.Errorf("without a mix %v", got)
	}
}

// What a verdict rests on has to be a run that there is, also where each variant is a claim of its own, and
// what a flip is said to give has to be a verdict.
func TestVerdictsThatAreRefused(t *testing.T) {
	good := `name: one
claim: It holds.
lanes: [direct]
each: true
backend: {workers: 1, service_time: 1s}
load: {rate: 1, trials: 1, trial_duration: 1s, arrival: constant, connect_timeout: 1s, timeout: 1s}
variants: {a: {}, b: {}}
flip: {gives: refuted, load: {rate: 2}}
verdicts:
  - {verdict: confirmed, if: [direct.overflows == 0]}
  - {verdict: refuted, if: [{assert: [direct.overflows > 0]}]}
`
	if all, err := open([]byte(good), Options{Flip: true}); err != nil || len(all) != 2 ||
		all[0].Gives != "refuted" || all[1].Load.Rate != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, c := range []struct{ from, to, want string }{
		{"{assert: [direct.overflows > 0]}", "{run: a, assert: [direct.overflows > 0]}",
			"11:5: verdicts: 2: each variant is a claim of its own"},
		{"{assert: [direct.overflows > 0]}", "{against: a, assert: [direct.overflows > 0]}",
			"each variant is a claim of its own"},
		{"gives: refuted", "gives: rejected", `8:15: flip.gives: no verdict begins with "rejected"`},
		{"each: true\n", "", `there is no variant ""`},
		{"claim: It holds.\n", "", "9:3: claim is missing"},
		{"{verdict: confirmed", "{verdict: rejected", `10:5: verdicts: 1: "rejected" must begin with`},
	} {
		text := strings.Replace(good, c.from, c.to, 1)
		if text == good {
			t.Fatalf("%q is not in the scenario", c.from)
		}
		if _, err := open([]byte(text), Options{Flip: true}); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s → %s: the error is %v, want it to say %s", c.from, c.to, err, c.want)
		}
	}
}

// Each assertion knows its place in the file, alone or in a condition with others.
func TestPlacesOfAssertions(t *testing.T) {
	text := `name: one
claim: It holds.
lanes: [direct]
backend: {workers: 1, service_time: 1s}
load: {rate: 1, trials: 1, trial_duration: 1s, arrival: constant, connect_timeout: 1s, timeout: 1s}
verdicts:
  - verdict: confirmed
    if:
      - direct.overflows == 0
      - {assert: [direct.overflows == 0, direct.offered > 0]}
`
	all, err := open([]byte(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range all[0].Verdicts[0].If {
		got = append(got, c.Places...)
	}
	if want := "9:9 10:19 10:42"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// A worker serves at once what its server makes of the settings, and its own default where they say nothing.
func TestSlots(t *testing.T) {
	for want, list := range map[int][]Backend{
		1: {{Server: Embedded}, {Server: "gunicorn"}, {Server: "puma"}, {Server: "php-fpm"},
			{Server: "unicorn"}, {Server: "gunicorn-gthread"}},
		4: {{Server: Embedded, Embedding: Embedding{Kind: "threaded"}}, {Server: "puma", Threads: 4},
			{Server: "uwsgi", Threads: 4},
			{Server: "gunicorn-gthread", Threads: 4},
			{Server: "gunicorn-gthread", Threads: 8, WorkerConnections: 4},
			{Server: "gunicorn-gevent", WorkerConnections: 4}},
		1000: {{Server: "gunicorn-gevent"}, {Server: "gunicorn-django"},
			{Server: Embedded, Embedding: Embedding{Kind: "async"}}},
	} {
		for _, b := range list {
			if got := b.Slots(); got != want {
				t.Errorf("%s %s, %d threads, %d connections: %d slots, want %d", b.Server, b.Kind, b.Threads,
					b.WorkerConnections, got, want)
			}
		}
	}
}
