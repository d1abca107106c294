package prom

import (
	"strings"
	"unicode"

	"weir/probe"
)

// metric is how a kernel's counter or gauge is written here.
type metric struct {
	name  string
	help  string
	scale float64 // to base units: seconds, ratios
}

// units are those that are no base units: how a kernel's name ends that has one, and what stands there
// instead.
var units = map[probe.Unit]struct {
	end, instead string
	scale        float64
}{
	probe.Nanoseconds:  {"_ns", "_seconds", 1e-9},
	probe.Microseconds: {"_us", "_seconds", 1e-6},
	probe.Ticks:        {"", "_seconds", 1. / 100},
	probe.Hundredths:   {".avg10", "_ratio", 1e-4},
}

// named gives the conventional name of a metric: weir_listen_overflows_total for TcpExtListenOverflows.
func named(of probe.Metric) metric {
	m := metric{name: of.Name, scale: 1, help: of.Help + " Scope: " + string(of.Scope) + "."}
	if u, ok := units[of.Unit]; ok {
		m.name, m.scale = strings.TrimSuffix(m.name, u.end)+u.instead, u.scale
	}
	for _, prefix := range []string{"TcpExtTCP", "TcpExt", "Tcp", "stat."} {
		if rest, ok := strings.CutPrefix(m.name, prefix); ok && rest != "" {
			m.name = rest
			break
		}
	}
	m.name = "weir_" + snake(m.name)
	if of.Kind == probe.Counter {
		m.name += "_total"
	}
	return m
}

// snake turns CamelCase and dots into snake_case: ReqQFullDoCookies into req_q_full_do_cookies.
func snake(s string) string {
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case r == '_' || !(unicode.IsLetter(r) || unicode.IsDigit(r)) || r > unicode.MaxASCII:
			b.WriteByte('_')
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) ||
			i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1])):
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
