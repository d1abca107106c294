package analysis

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"weir/report/result"

	"weir/loadgen"
	"weir/probe"
	"weir/report/runfile"
	"weir/report/words"
	"weir/report/world"
)

// TestInvalid: what makes a run say nothing of the server, and that the verdict begins with it.
func TestInvalid(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(*world.World)
		code     result.Code
		measured float64
	}{
		"not sent": {func(w *world.World) {
			w.Result = func(_ string, r *loadgen.Result) {
				if r.Seq%50 == 0 {
					r.Sent, r.Outcome = 0, loadgen.DNSFailed
				}
			}
		}, "not_sent", .98},
		"shed": {func(w *world.World) {
			w.Result = func(_ string, r *loadgen.Result) {
				if r.Seq == 7 {
					r.Sent, r.Outcome = 0, loadgen.Shed
				}
			}
		}, "requests_shed", 2},
		"late by more than a quarter of the queue": {func(w *world.World) { w.Result = late(15 * ms) },
			"sent_late", .015},
		"late, because the hypervisor": {func(w *world.World) {
			w.Result = late(15 * ms)
			w.End = func(e *runfile.TrialEnd) { stolen := e.Generator.Wall / 8; e.Generator.Stolen = &stolen }
		}, "sent_late", .015},
		"late before a queue of unknown length": {func(w *world.World) {
			w.Result = late(3 * ms)
			w.Sample = func(s *probe.Sample) { s.Listeners = nil }
		}, "sent_late", .003},
		"ports": {func(w *world.World) {
			w.Result = func(_ string, r *loadgen.Result) {
				if r.Seq == 7 {
					r.Outcome = loadgen.NoLocalPort
				}
			}
		}, "no_local_ports", 2},
		"descriptors": {func(w *world.World) {
			w.Result = func(_ string, r *loadgen.Result) {
				if r.Seq == 7 {
					r.Outcome = loadgen.NoFD
				}
			}
		}, "no_descriptors", 2},
		"processor": {func(w *world.World) {
			w.End = func(e *runfile.TrialEnd) { e.Generator.CPU = e.Generator.Wall * 17 / 10 }
		}, "processors_busy", .85},
		"processor, in the second trial most": {func(w *world.World) {
			w.End = func(e *runfile.TrialEnd) {
				e.Generator.CPU = e.Generator.Wall * time.Duration(17+
					e.Index) / 10
			}
		}, "processors_busy", .9},
		"run queue": {func(w *world.World) {
			w.End = func(e *runfile.TrialEnd) { delay := e.Generator.Wall * 6 / 10; e.Generator.RunDelay = &delay }
		}, "threads_waited", .3},
		"one loop of eight": {func(w *world.World) {
			w.End = func(e *runfile.TrialEnd) {
				busy, waited := .97, .1
				e.Generator.CPUs, e.Generator.Loops, e.Generator.LoopCPU, e.Generator.LoopDelay = 8, 8, &busy,
					&waited
			}
		}, "loop_busy", .97},
		"one loop of eight without a processor": {func(w *world.World) {
			w.End = func(e *runfile.TrialEnd) {
				busy, waited := .4, .6
				e.Generator.CPUs, e.Generator.Loops, e.Generator.LoopCPU, e.Generator.LoopDelay = 8, 8, &busy,
					&waited
			}
		}, "loop_waited", .6},
		"overflows before the load": {func(w *world.World) {
			w.Sample = func(s *probe.Sample) {
				n := uint64(min(s.At, 300*ms) / (100 * ms))
				drops := *s.Listeners[0].Drops + uint32(n)
				s.Counters["TcpExtListenOverflows"] += n
				s.Listeners[0].Drops = &drops
			}
		}, "overflowed_before", 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.Demo()
			w.Rates = []float64{240, 300}
			c.change(&w)
			a := analyze(t, record(t, w))
			if a.Valid || len(a.InvalidReasons) != 1 {
				t.Fatalf("valid %v, reasons %v, want one", a.Valid, a.InvalidReasons)
			}
			got := a.InvalidReasons[0]
			if x := got.Args["measured"].(float64); got.Code != c.code ||
				math.Abs(x-c.measured) > .05*c.measured {
				t.Errorf("%s: measured %g, want %s, %g", got.Code, x, c.code, c.measured)
			}
			if trial := got.Args["trial"]; (trial != nil) != strings.Contains(words.Of(got),
				fmt.Sprint("in trial ", trial)) {
				t.Errorf("the sentence does not name the trial %v: %s", trial, words.Of(got))
			}
			if stolen := strings.Contains(name, "hypervisor"); strings.Contains(words.Of(got),
				"(steal)") != stolen {
				t.Errorf("stolen time: %v, %s", stolen, words.Of(got))
			}
			if a.Verdict[0].Code != "invalid" {
				t.Errorf("the verdict begins with %v", a.Verdict[0])
			}
		})
	}
}

// What waited for a processor and sends nothing, the probe's thread or the record's, spoils no run whose
// event loops did not wait.
func TestOthersMayWaitBesideEventLoops(t *testing.T) {
	w := world.Demo()
	w.Rates = []float64{240, 300}
	w.End = func(e *runfile.TrialEnd) {
		delay, busy, waited := e.Generator.Wall*6/10, .1, .1
		e.Generator.RunDelay, e.Generator.Loops, e.Generator.LoopCPU, e.Generator.LoopDelay = &delay, 1,
			&busy, &waited
	}
	if a := analyze(t, record(t, w)); !a.Valid {
		t.Errorf("INVALID: %q", a.InvalidReasons)
	}
}

// TestGeneratorUse: what the load took is told of the trial in which that was most, and what is not known is
// not 0.
func TestGeneratorUse(t *testing.T) {
	w := world.Demo()
	w.Rates = []float64{240, 300}
	busy, delay := .5, time.Duration(0)
	w.End = func(e *runfile.TrialEnd) {
		e.Generator = runfile.Generator{CPU: time.Second, Wall: 4 * time.Second, CPUs: 2}
		if e.Index == 1 {
			e.Generator.CPU, e.Generator.Loops, e.Generator.LoopCPU, e.Generator.RunDelay = 2*time.Second, 3,
				&busy, &delay
		}
	}
	u := analyze(t, record(t, w)).Lanes[0].Generator
	if *u.CPU != .25 || *u.LoopCPU != .5 || u.Loops != 3 || u.RunDelay == nil || *u.RunDelay != 0 ||
		u.LoopDelay != nil {
		t.Errorf("%+v", u)
	}
}

// late delays one request in forty.
func late(by time.Duration) func(string, *loadgen.Result) {
	return func(_ string, r *loadgen.Result) {
		if r.Seq%40 == 0 {
			r.Sent += by
		}
	}
}

// TestFewRequestsMayBeLate: a run of too few requests for a 99th percentile is held to its schedule too, but
// not to each request.
func TestFewRequestsMayBeLate(t *testing.T) {
	for n, valid := range map[int]bool{3: true, 4: false} {
		w := world.Demo()
		w.Rates, w.Length = []float64{60}, 2*time.Second
		w.Result = func(_ string, r *loadgen.Result) {
			if r.Seq%20 == 0 && r.Seq < 20*n {
				r.Sent += 200 * ms
				r.Done += 200 * ms
			}
		}
		a := analyze(t, record(t, w))
		if a.Valid != valid || !valid &&
			!strings.Contains(words.Of(a.InvalidReasons[0]), "4 of 120 requests were sent 200 ms late") {
			t.Errorf("%d of 120 requests sent late: valid %v, %q", n, a.Valid, words.List(a.InvalidReasons))
		}
	}
}

// TestWarnings: doubts that do not make a run worthless.
func TestWarnings(t *testing.T) {
	for code, change := range map[string]func(*world.World){
		"send_lag":                func(w *world.World) { w.Result = late(3 * ms) },
		"no_probe":                func(w *world.World) { w.Header = func(h *runfile.Header) { h.Lanes[0].ListenerHost = "elsewhere" } },
		"no_listener":             func(w *world.World) { w.Sample = func(s *probe.Sample) { s.Listeners = nil } },
		"undrained":               func(w *world.World) { w.End = func(e *runfile.TrialEnd) { e.Drained = false } },
		"slow_sampling":           func(w *world.World) { w.Every = 100 * ms },
		"queue_outlasts_deadline": func(w *world.World) { w.Backlog = 300 },
		"short_trials":            func(w *world.World) { w.Length = time.Second },
		"from_the_header": func(w *world.World) {
			w.Header = func(h *runfile.Header) { h.Warnings = []runfile.Warning{{Code: "from_the_header"}} }
		},
		"overflows_unknown": func(w *world.World) {
			w.Sample = func(s *probe.Sample) {
				delete(s.Counters,
					"TcpExtListenOverflows")
			}
		},
		"interrupted": func(w *world.World) { w.Reason = "interrupted" },
		"cut_short":   func(w *world.World) { w.Reason = "cut short: after 2s (--max-duration)" },
		"aborted":     func(w *world.World) { w.Reason = "aborted: the failures were over 10 %" },
		"incomplete_trials": func(w *world.World) {
			w.Result = func(_ string,
				r *loadgen.Result) {
				r.Outcome = loadgen.Canceled
			}
		},
	} {
		t.Run(code, func(t *testing.T) {
			w := world.Demo()
			w.Rates, w.Length = []float64{240, 300}, 3*time.Second
			change(&w)
			a := analyze(t, record(t, w))
			if !warned(a, code) {
				t.Errorf("warnings %v", a.Warnings)
			}
			if !a.Valid {
				t.Errorf("a doubt made the run invalid: %v", a.InvalidReasons)
			}
		})
	}
	a := analyze(t, record(t, world.Demo()))
	for _, w := range a.Warnings {
		if w.Code != "short_trials" {
			t.Errorf("a good run warns of %v", w)
		}
	}
}

// TestDoubtsFitTheRun: what blurs an onset is said of runs that have one, and of a unix socket that nothing
// counts its overflows, not that samples are missing.
func TestDoubtsFitTheRun(t *testing.T) {
	found := func(a *result.Analysis, code result.Code) result.Args {
		for _, w := range a.Warnings {
			if w.Code == code {
				return w.Args
			}
		}
		return nil
	}
	for name, c := range map[string]struct {
		change       func(*world.World)
		short, sharp bool
	}{
		"steps over the capacity": {func(*world.World) {}, true, true},
		"steps below the capacity": {func(w *world.World) { w.Rates = []float64{200, 240, 280} }, true,
			false},
		"one rate just over the capacity": {func(w *world.World) { w.Rates = []float64{408} }, true, false},
		"one rate far over it":            {func(w *world.World) { w.Rates = []float64{500} }, false, false},
		"one rate far below it":           {func(w *world.World) { w.Rates = []float64{300} }, false, false},
		"retrial mode":                    {func(w *world.World) { w.Mode = runfile.Retrial }, true, false},
	} {
		w := world.Demo()
		w.Length = time.Second
		c.change(&w)
		args := found(analyze(t, record(t, w)), "short_trials")
		if blurred, _ := args["blurred"].(bool); (args != nil) != c.short || blurred != c.sharp {
			t.Errorf("%s: %v", name, args)
		}
	}
	w := world.Demo()
	w.Rates = []float64{240, 300}
	w.Header = func(h *runfile.Header) { h.Lanes[0].Listener = "/run/app.sock" }
	w.Sample = func(s *probe.Sample) { s.Listeners[0].Addr, s.Listeners[0].Drops = "/run/app.sock", nil }
	if args := found(analyze(t, record(t, w)), "overflows_unknown"); args["unix"] != true ||
		args["n"] != nil {
		t.Errorf("of a unix socket: %v", args)
	}
}
