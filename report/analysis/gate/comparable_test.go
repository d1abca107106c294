package gate

import (
	"slices"
	"strings"
	"testing"

	"weir/report/result"
	"weir/report/words"
)

func TestWarnings(t *testing.T) {
	two := func() *result.Analysis {
		lane := result.Lane{Name: "direct", Mode: "loss", Engine: "epoll", Deadline: .95, BacklogLimit: ptr(uint32(16))}
		for i := range 12 {
			lane.Trials = append(lane.Trials, result.Trial{Rate: 120 + 200*float64(i)/11, Duration: 2})
		}
		proxy := lane
		proxy.Name, proxy.Trials = "proxy", slices.Clone(lane.Trials)
		return &result.Analysis{Version: "1", Environment: map[string]string{"kernel": "simulated"}, Lanes: []result.Lane{lane, proxy}}
	}
	if d := Warnings(two(), two()); len(d) != 0 {
		t.Errorf("two runs of the same: %v", d)
	}
	for what, change := range map[string]func(*result.Analysis){
		"kernel differs: Linux 7, baseline simulated": func(a *result.Analysis) { a.Environment["kernel"] = "Linux 7" },
		"proxy differs: nginx/2, baseline not known":  func(a *result.Analysis) { a.Environment["proxy"] = "nginx/2" },
		"connect timeout of proxy":                    func(a *result.Analysis) { a.Lanes[1].ConnectTimeout = 60 },
		"processor differs: x, baseline not known":    func(a *result.Analysis) { a.Environment["cpu"] = "x" },
		"number of processors":                        func(a *result.Analysis) { a.Environment["cpus"] = "64" },
		"weir differs":                                func(a *result.Analysis) { a.Version = "2" },
		"engine of proxy":                             func(a *result.Analysis) { a.Lanes[1].Engine = "steam" },
		"mode of direct":                              func(a *result.Analysis) { a.Lanes[0].Mode = "retrial" },
		"connections of direct":                       func(a *result.Analysis) { a.Lanes[0].Connections.Use = "reuse" },
		"deadline of direct":                          func(a *result.Analysis) { a.Lanes[0].Deadline = 2 },
		"backlog limit of direct":                     func(a *result.Analysis) { a.Lanes[0].BacklogLimit = nil },
		"plan of direct":                              func(a *result.Analysis) { a.Lanes[0].Trials = a.Lanes[0].Trials[1:] },
		"12 trials of 2 s from 120 to 320 req/s":      func(a *result.Analysis) { a.Lanes[0].Trials[5].Rate *= 2 },
		"no lane proxies":                             func(a *result.Analysis) { a.Lanes[1].Name = "proxies" },
		"no trial":                                    func(a *result.Analysis) { a.Lanes[1].Trials = nil },
	} {
		a := two()
		change(a)
		d := Warnings(a, two())
		if !slices.ContainsFunc(d, func(f result.Finding) bool { return strings.Contains(words.Of(f), what) }) {
			t.Errorf("%s: %v", what, d)
		}
		if len(d) != 1 {
			t.Errorf("%s: %d warnings: %v", what, len(d), d)
		}
	}
}
