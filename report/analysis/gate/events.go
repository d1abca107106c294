package gate

import (
	"strings"

	"weir/probe/nginxlog"
	"weir/report/result"
	"weir/report/unit"
)

// events counts what logs and health checks said while a lane's trials ran. That a log was not followed, or nobody
// checked, is not zero.
func events() []metric {
	list := []metric{
		told("log.retried", "nginx.access", "requests that NGINX tried more than once", func(class string) bool { return strings.HasSuffix(class, "/retried") }),
		{name: "log.tries_per_request", unit: ratio, ofLane: true, anyLevel: true, what: "attempts at upstream servers ÷ requests, of those in NGINX's access log", measure: tries},
	}
	for i, class := range nginxlog.Classes() {
		what := ""
		if i == 0 {
			what = "lines of this class in NGINX's error log; so for read_timeout, no_live_upstreams …"
		}
		list = append(list, told("log."+class, "nginx.error", what, func(c string) bool { return c == class }))
	}
	for i, class := range []string{"failed", "ok", "slow"} {
		what := ""
		if i == 0 {
			what = "health checks that failed, beside the load; also health.ok, health.slow"
		}
		list = append(list, told("health."+class, "health", what, func(c string) bool { return c == class }))
	}
	return append(list, phases()...)
}

// phases are of the health checks that were sent before the load, while it was offered, and after it.
func phases() (list []metric) {
	for i, phase := range []struct {
		name string
		of   func(*result.Health) *result.HealthCounts
	}{
		{"before", func(h *result.Health) *result.HealthCounts { return &h.Before }},
		{"during", func(h *result.Health) *result.HealthCounts { return &h.During }},
		{"after", func(h *result.Health) *result.HealthCounts { return &h.After }},
	} {
		prefix, counts, times := "health."+phase.name+".", "", ""
		if i == 0 {
			counts = "health checks sent before the load; also .failed.count .slow.count, and so for health.during, health.after"
			times = "how long those took that were answered; also .max, and so for health.during, health.after"
		}
		add := func(name string, u unit.Unit, what string, value func(*result.HealthCounts) interval) {
			list = append(list, metric{name: prefix + name, unit: u, ofLane: true, anyLevel: true, what: what, measure: func(s scope) interval {
				if s.lane.Health == nil {
					return missing("nobody checked while this lane's trials ran")
				}
				return value(phase.of(s.lane.Health))
			}})
		}
		add("ok.count", count, counts, func(c *result.HealthCounts) interval { return exact(float64(c.OK)) })
		add("slow.count", count, "", func(c *result.HealthCounts) interval { return exact(float64(c.Slow)) })
		add("failed.count", count, "", func(c *result.HealthCounts) interval { return exact(float64(c.Failed)) })
		add("latency.p50", seconds, times, func(c *result.HealthCounts) interval { return answered(c.P50) })
		add("latency.max", seconds, "", func(c *result.HealthCounts) interval { return answered(c.Max) })
	}
	return list
}

func answered(took *float64) interval {
	if took == nil {
		return missing("no health check of that time was answered, or the record does not say how long it took")
	}
	return exact(*took)
}

func tries(s scope) interval {
	if s.lane.ProxyLog == nil || s.lane.ProxyLog.TriesPerRequest == nil {
		return missing("no request of this lane was found in an access log of NGINX's")
	}
	return exact(*s.lane.ProxyLog.TriesPerRequest)
}

func told(name, source, what string, of func(class string) bool) metric {
	heard, _, _ := strings.Cut(source, ".") // nginx.access tells that the error log was followed too
	return metric{name: name + ".count", unit: count, ofLane: true, anyLevel: true, what: what, measure: func(s scope) interval {
		n, any := uint64(0), false
		for _, c := range s.lane.LogClasses {
			any = any || strings.HasPrefix(c.Source, heard)
			if c.Source == source && of(c.Class) {
				n += c.Count
			}
		}
		if !any {
			return missing("%s said nothing while this lane's trials ran", heard)
		}
		return exact(float64(n))
	}}
}
