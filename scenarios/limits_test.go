package scenarios

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/report/runfile"
)

// loaded is a lane that is offered a constant rate for ten minutes.
func loaded(rate float64, change func(*loadgen.Target)) *Setup {
	t := loadgen.Target{Timeout: 10 * time.Second, MaxInFlight: 10_000, Connections: loadgen.New}
	change(&t)
	p := plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: 10 * time.Minute}}, Arrival: plan.Constant}
	s := &Setup{Environment: map[string]string{}, closesFirst: map[string]loadgen.Closer{}}
	s.Lanes = []Lane{{Name: "direct", Target: t}}
	s.Trials = []runfile.Trial{{Lane: "direct", Rate: rate, Due: p.Count(), Plan: p}}
	return s
}

func TestCheckFiles(t *testing.T) {
	as := func(*loadgen.Target) {}
	for _, c := range []struct {
		setup *Setup
		files uint64
		says  string // empty: nothing
	}{
		{loaded(50, as), 1024, ""}, // 500 in flight at most
		{loaded(100, as), 1024, "may need 1100 open files and this process may have 1024"}, // 1000
		{loaded(5000, as), 4096, "may need 10100 open files"},                              // the limit in flight
		{loaded(5000, func(t *loadgen.Target) { t.MaxInFlight = 900 }), 1024, ""},
	} {
		c.setup.checkFiles(c.files)
		says(t, c.setup, "few_files", c.says)
	}
	two := loaded(100, as)
	two.Lanes = append(two.Lanes, two.Lanes[0])
	two.Lanes[1].Name = "proxy"
	two.Trials = append(two.Trials, two.Trials[0])
	two.Trials[1].Lane = "proxy"
	two.checkFiles(1100) // they take turns
	says(t, two, "few_files", "")
	two.Lanes[1].Target.Connections = loadgen.Reuse
	two.checkFiles(1100)
	says(t, two, "few_files", "may need 2100")
}

func TestCheckPorts(t *testing.T) {
	for name, c := range map[string]struct {
		rate   float64
		change func(*loadgen.Target)
		closes loadgen.Closer
		held   time.Duration
		says   string
	}{
		"few connections":           {400, func(*loadgen.Target) {}, "", time.Minute, ""}, // 24,000 + 4,000 ports
		"many":                      {500, func(*loadgen.Target) {}, "", time.Minute, "may need 35000 local ports at once and there are 28232"},
		"on loopback":               {500, func(*loadgen.Target) {}, "", time.Second, ""},
		"the server closes first":   {2000, func(*loadgen.Target) {}, loadgen.ByPeer, time.Minute, ""},
		"we do":                     {2000, func(*loadgen.Target) {}, loadgen.ByUs, time.Minute, "may need 130000"},
		"resets":                    {2000, func(t *loadgen.Target) { t.Close = loadgen.Reset }, loadgen.ByUs, time.Minute, ""},
		"more addresses":            {500, func(t *loadgen.Target) { t.LocalAddrs = make([]netip.Addr, 2) }, "", time.Minute, ""},
		"kept":                      {2000, func(t *loadgen.Target) { t.Connections = loadgen.Reuse }, "", time.Minute, ""},
		"kept for ten requests":     {2000, func(t *loadgen.Target) { t.Connections, t.RequestsPerConnection = loadgen.Reuse, 10 }, "", time.Minute, ""},
		"kept for two":              {2000, func(t *loadgen.Target) { t.Connections, t.RequestsPerConnection = loadgen.Reuse, 2 }, "", time.Minute, "1000 new connections a second"},
		"a unix socket has none":    {2000, func(t *loadgen.Target) { t.Network = "unix" }, "", time.Minute, ""},
		"more in flight than ports": {9000, func(t *loadgen.Target) { t.MaxInFlight = 50_000 }, loadgen.ByPeer, time.Minute, "may need 50000"},
	} {
		t.Run(name, func(t *testing.T) {
			s := loaded(c.rate, c.change)
			s.closesFirst["direct"] = c.closes
			s.checkPorts(s.Lanes[0], 28232, c.held)
			says(t, s, "few_ports", c.says)
		})
	}
}

func says(t *testing.T, s *Setup, code, text string) {
	t.Helper()
	switch {
	case text == "" && len(s.Warnings) > 0:
		t.Errorf("warns of %v", s.Warnings)
	case text != "" && (len(s.Warnings) != 1 || s.Warnings[0].Code != code || !strings.Contains(s.Warnings[0].Text, text)):
		t.Errorf("warnings %v, want one with %q", s.Warnings, text)
	}
}

// TestCheckLimitsOfASearch: its rates are not known, but those that it comes to if everything holds are.
func TestCheckLimitsOfASearch(t *testing.T) {
	search := func(start float64, budget time.Duration, change func(*loadgen.Target)) *Setup {
		s := loaded(1, change)
		s.Trials = nil
		if err := s.searching(SearchOptions{Start: start, Shortest: time.Second, Budget: budget}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	as := func(*loadgen.Target) {}
	s := search(400, 3*time.Minute, as)
	s.checkFiles(1024) // what a second of that rate is
	says(t, s, "few_files", "may need 1077 open files, if the search goes on to 976.6 req/s, and this process may have 1024")
	if !strings.Contains(s.Warnings[0].Text, "make a trial say nothing") {
		t.Errorf("%q", s.Warnings[0].Text)
	}
	s = search(100, 3*time.Minute, as)
	s.checkPorts(s.Lanes[0], 28232, time.Minute)
	says(t, s, "few_ports", "at once, if the search goes on to ")
	s = search(100, 3*time.Minute, func(t *loadgen.Target) { t.Connections = loadgen.Reuse })
	s.checkPorts(s.Lanes[0], 28232, time.Minute)
	says(t, s, "few_ports", "")
	s = search(100, 10*time.Second, as) // which ends before it comes so far
	s.checkFiles(1024)
	says(t, s, "few_files", "")
}

func TestCheckProcessors(t *testing.T) {
	for name, c := range map[string]struct {
		rate   float64
		change func(*loadgen.Target)
		says   string
	}{
		"kept, bearable": {200_000, func(t *loadgen.Target) { t.Connections = loadgen.Reuse }, ""},
		"kept":           {300_000, func(t *loadgen.Target) { t.Connections = loadgen.Reuse }, "costs the generator 1.8 processors or more at 300000 req/s, and it has 2"},
		"new, bearable":  {100_000, func(*loadgen.Target) {}, ""},
		"new":            {200_000, func(*loadgen.Target) {}, "costs the generator 3.0 processors"},
	} {
		t.Run(name, func(t *testing.T) {
			s := loaded(c.rate, c.change)
			s.checkProcessors(s.Lanes[0], 2)
			says(t, s, "few_processors", c.says)
		})
	}
}
