package gate

import (
	"strings"

	"weir/probe/nginxlog"
)

// events counts what logs and health checks said while a lane's trials ran. That a log was not followed, or nobody
// checked, is not zero.
func events() []metric {
	list := []metric{
		told("log.retried", "nginx.access", "requests that NGINX tried more than once", func(class string) bool { return strings.HasSuffix(class, "/retried") }),
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
	return list
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
