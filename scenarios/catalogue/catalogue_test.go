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
				t.Errorf("%s.yaml is named %q, claims %q, says %q of the article and has %d verdicts", name, s.Name, s.Claim, s.Article, len(s.Verdicts))
			}
		}
	}
}

func TestUnknownName(t *testing.T) {
	if _, err := Open("nope", Options{}); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "backlog-overflow") {
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
		{"service_time: 20ms", "service_time: 20", `16:17: "20" is no duration`},
		{"service_time: 20ms", "service_time: 2h", "backend.service_time"},
		{"backlog: 16", "backlog: -1", "backend.backlog"},
		{"backlog: 16", "backlog: 16\n  cpu_quota: 20", `share "20": write it in per cent`},
		{"backlog: 16", "backlog: 16\n  cpu_quota: -1%", "backend.cpu_quota"},
		{"backlog: 16", "backlog: 16\n  hogs: 1000", "backend.hogs"},
		{"backlog: 16", "backlog: 16\n  kind: async\n  compute: true", "backend.compute"},
		{"[direct, proxy]", "[direct, proxy]\nevents: [{at: 0s, do: read-slowly, host: proxy, for: 1s}]", "read-slowly takes"},
		{"[direct, proxy]", "[direct, proxy]\nevents: [{at: 0s, do: kill, host: backend, clients: 1}]", "go with read-slowly"},
		{"[direct, proxy]", "[direct, sideways]", `"sideways" is not a lane`},
		{"[direct, proxy]", "[direct, direct]", "twice"},
		{"[direct, proxy]", "[]", "lanes is empty"},
		{"to: 1.6", "to: 0.1", "load.from and load.to"},
		{"trials: 15", "trials: 0", "load.trials"},
		{"trials: 15", "trials: 15\n  mix: {pay: 1}", `load.mix: "pay": 1`},
		{"trials: 15", "trials: 15\n  mix: {/pay: 0}", `load.mix: "/pay": 0`},
		{"verdicts:  ", "events: [{at: 1s, do: swap, host: backend, backend: {workers: 9}}]\nverdicts:  ", "swap goes with one trial"},
		{"verdicts:  ", "events: [{at: 1s, do: kill, host: backend, backend: {workers: 9}}]\nverdicts:  ", "go with swap"},
		{"verdicts:  ", "events: [{at: 1s, do: swap, host: backend, backend: {listen: unix}}]\nverdicts:  ", "at the same address"},
		{"arrival: constant", "arrival: bursty", "load.arrival"},
		{"connect_timeout: 900ms\n  timeout", "connect_timeout: 11s\n  timeout", "load.connect_timeout"},
		{"timeout: 10s", "timeout: 1h", "load.timeout"},
		{"  proxy:\n    net", "  prox:\n    net", `"prox" is not a host`},
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
	base := Backend{Server: Embedded, Listen: "tcp", Workers: 8, Backlog: 64, Paths: map[string]time.Duration{"/cart": time.Second}}
	got := Backend{Server: "gunicorn-gevent", WorkerConnections: 1000}.Over(base)
	if got.Server != "gunicorn-gevent" || got.WorkerConnections != 1000 || got.Workers != 8 || got.Backlog != 64 || got.Paths["/cart"] != time.Second {
		t.Errorf("%+v", got)
	}
}

// A mix keeps a worker busy for the mean of its paths, of which the health check's is 0.
func TestMeanServiceTime(t *testing.T) {
	s := Scenario{Load: Load{Mix: map[string]int{"/pay": 18, "/cart": 1, "/health": 1}}}
	b := Backend{ServiceTime: 3 * time.Second, Paths: map[string]time.Duration{"/cart": 40 * time.Millisecond}}
	if got, want := s.MeanServiceTime(b), 2702*time.Millisecond; got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if got := (Scenario{}).MeanServiceTime(b); got != 3*time.Second {
		t.Errorf("without a mix %v", got)
	}
}
