package scenarios

import (
	"math"
	"net/netip"
	"reflect"
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
	p := plan.Plan{Stages: []plan.Stage{{From: rate, To: rate, Duration: 10 * time.Minute}},
		Arrival: plan.Constant}
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
		need  uint64 // 0: no warning
	}{
		{loaded(50, as), 1024, 0},       // 500 in flight at most
		{loaded(100, as), 1024, 1100},   // 1000
		{loaded(5000, as), 4096, 10100}, // the limit in flight
		{loaded(5000, func(t *loadgen.Target) { t.MaxInFlight = 900 }), 1024, 0},
	} {
		c.setup.checkFiles(c.files)
		warns(t, c.setup, "few_files", float64(c.need))
	}
	two := loaded(100, as)
	two.Lanes = append(two.Lanes, two.Lanes[0])
	two.Lanes[1].Name = "proxy"
	two.Trials = append(two.Trials, two.Trials[0])
	two.Trials[1].Lane = "proxy"
	two.checkFiles(1100) // they take turns
	warns(t, two, "few_files", 0)
	two.Lanes[1].Target.Connections = loadgen.Reuse
	two.checkFiles(1100)
	warns(t, two, "few_files", 2100)
}

func TestCheckPorts(t *testing.T) {
	for name, c := range map[string]struct {
		rate   float64
		change func(*loadgen.Target)
		closes loadgen.Closer
		held   time.Duration
		need   float64
	}{
		// 24,000 + 4,000 ports
		"few connections":         {400, func(*loadgen.Target) {}, "", time.Minute, 0},
		"many":                    {500, func(*loadgen.Target) {}, "", time.Minute, 35000},
		"on loopback":             {500, func(*loadgen.Target) {}, "", time.Second, 0},
		"the server closes first": {2000, func(*loadgen.Target) {}, loadgen.ByPeer, time.Minute, 0},
		"we do":                   {2000, func(*loadgen.Target) {}, loadgen.ByUs, time.Minute, 130000},
		"resets": {2000, func(t *loadgen.Target) { t.Close = loadgen.Reset }, loadgen.ByUs,
			time.Minute, 0},
		"more addresses": {500, func(t *loadgen.Target) { t.LocalAddrs = make([]netip.Addr, 2) },
			"", time.Minute, 0},
		"kept": {2000, func(t *loadgen.Target) { t.Connections = loadgen.Reuse }, "",
			time.Minute, 0},
		"kept for ten requests": {2000,
			func(t *loadgen.Target) { t.Connections, t.RequestsPerConnection = loadgen.Reuse, 10 }, "",
			time.Minute, 0},
		"kept for two": {2000,
			func(t *loadgen.Target) { t.Connections, t.RequestsPerConnection = loadgen.Reuse, 2 }, "",
			time.Minute, 70000},
		"a unix socket has none": {2000, func(t *loadgen.Target) { t.Network = "unix" }, "", time.Minute,
			0},
		"more in flight than ports": {9000, func(t *loadgen.Target) { t.MaxInFlight = 50_000 },
			loadgen.ByPeer, time.Minute, 50000},
	} {
		t.Run(name, func(t *testing.T) {
			s := loaded(c.rate, c.change)
			s.closesFirst["direct"] = c.closes
			s.checkPorts(s.Lanes[0], 28232, c.held)
			warns(t, s, "few_ports", c.need)
		})
	}
}

// warns checks that the setup has one warning, of that need; none where it is 0.
func warns(t *testing.T, s *Setup, code string, need float64) {
	t.Helper()
	switch {
	case need == 0 && len(s.Warnings) > 0:
		t.Errorf("warns of %v", s.Warnings)
	case need == 0:
	case len(s.Warnings) != 1 || s.Warnings[0].Code != code ||
		math.Abs(number(s.Warnings[0].Args["need"])-need) > .01:
		t.Errorf("warnings %v, want %s of a need for %g", s.Warnings, code, need)
	}
}

func number(x any) float64 {
	v := reflect.ValueOf(x)
	if !v.CanConvert(reflect.TypeFor[float64]()) {
		return math.NaN()
	}
	return v.Convert(reflect.TypeFor[float64]()).Float()
}

// TestCheckLimitsOfASearch: its rates are not known, but those that it comes to if everything holds are.
func TestCheckLimitsOfASearch(t *testing.T) {
	search := func(start float64, budget time.Duration, change func(*loadgen.Target)) *Setup {
		s := loaded(1, change)
		s.Trials = nil
		if err := s.searching(SearchOptions{Start: start, Shortest: time.Second,
			Budget: budget}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	as := func(*loadgen.Target) {}
	s := search(400, 3*time.Minute, as)
	s.checkFiles(1024) // what a second of that rate is
	warns(t, s, "few_files", 1077)
	if args := s.Warnings[0].Args; args["search"] != true || math.Abs(number(args["rate"])-976.6) > .1 {
		t.Errorf("%v, want that it costs a trial at 976.6/s", args)
	}
	s = search(100, 3*time.Minute, as)
	s.checkPorts(s.Lanes[0], 28232, time.Minute)
	if len(s.Warnings) != 1 || s.Warnings[0].Args["rate"] == nil {
		t.Errorf("warnings %v", s.Warnings)
	}
	s = search(100, 3*time.Minute, func(t *loadgen.Target) { t.Connections = loadgen.Reuse })
	s.checkPorts(s.Lanes[0], 28232, time.Minute)
	warns(t, s, "few_ports", 0)
	s = search(100, 10*time.Second, as) // which ends before it comes so far
	s.checkFiles(1024)
	warns(t, s, "few_files", 0)
}

func TestCheckProcessors(t *testing.T) {
	for name, c := range map[string]struct {
		rate   float64
		change func(*loadgen.Target)
		need   float64
	}{
		"kept, bearable": {200_000, func(t *loadgen.Target) { t.Connections = loadgen.Reuse }, 0},
		"kept":           {300_000, func(t *loadgen.Target) { t.Connections = loadgen.Reuse }, 1.8},
		"new, bearable":  {100_000, func(*loadgen.Target) {}, 0},
		"new":            {200_000, func(*loadgen.Target) {}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := loaded(c.rate, c.change)
			s.checkProcessors(s.Lanes[0], 2)
			warns(t, s, "few_processors", c.need)
		})
	}
}
