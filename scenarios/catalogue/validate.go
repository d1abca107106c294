package catalogue

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"weir/loadgen"
	"weir/loadgen/spelling"
	"weir/scenarios/backend"
)

// fault is a value that makes no experiment.
type fault struct {
	path []string // where it is
	text string
}

func at(text string, path ...string) *fault { return &fault{path, text} }

// fault checks what the YAML decoder cannot: that the values make an experiment. It returns the first that
// does not.
func (s Scenario) fault() *fault {
	if s.Name == "" {
		return at("name is missing")
	}
	if !name.MatchString(s.Name) {
		return at("name: use lower case letters, digits and \"-\": it names a folder", "name")
	}
	if s.Page != "" && (!name.MatchString(s.Page) || s.Page == "claims") {
		return at("page: use lower case letters, digits and \"-\": it names a file; claims is taken", "page")
	}
	for _, f := range []*fault{s.backendFault(), s.proxyFault(), s.hostFault(), s.laneFault(), s.Load.fault(),
		s.eventFault(), s.checkFault()} {
		if f != nil {
			return f
		}
	}
	return nil
}

var name = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,59}$`)

// check is a condition on the value at a path.
type check struct {
	ok   bool
	key  string
	text string
}

func first(checks []check, path ...string) *fault {
	for _, c := range checks {
		if !c.ok {
			return at(strings.Join(append(path, c.key), ".")+" "+c.text, append(path, c.key)...)
		}
	}
	return nil
}

func (s Scenario) backendFault() *fault {
	for _, n := range s.BackendNames() {
		b, path := s.Backends[n], []string{"backends", n}
		if n == defaultBackend && len(s.Backends) == 1 {
			path = []string{"backend"}
		}
		idle := b.Server == None
		f := first([]check{
			{slices.Contains(Servers(), b.Server), "server",
				fmt.Sprintf("must be one of %s; did you mean %q?", strings.Join(Servers(), ", "),
					spelling.Nearest(b.Server, Servers()))},
			{b.Listen == "tcp" || b.Listen == "unix", "listen", "must be tcp or unix"},
			{idle || b.Workers >= 1 && b.Workers <= 1024, "workers", "must be from 1 to 1024"},
			{b.WorkerConnections >= 0 && b.WorkerConnections <= 65535, "worker_connections",
				"must be from 0 to 65535"},
			{idle || b.ServiceTime > 0 && b.ServiceTime <= time.Minute, "service_time",
				"must be above 0 and at most 1m"},
			{b.Backlog >= 0 && b.Backlog <= 65535, "backlog", "must be from 0 to 65535"},
			{b.Body >= 0 && b.Body <= 64<<20, "body", "must be from 0 to 67108864 bytes"},
			{!b.Real() || b.Body == 0, "body", "is for the embedded backend"},
			{b.Threads >= 0 && b.Threads <= 1024, "threads", "must be from 0 to 1024"},
			{b.Timeout >= 0 && b.Timeout <= time.Hour, "timeout", "must be from 0 to 1h"},
			{!b.Real() || b.Timeout%time.Second == 0, "timeout",
				"must be whole seconds: real servers take no others"},
			{slices.Contains([]string{"", backend.Sync, backend.Threaded, backend.Async}, b.Kind), "kind",
				"must be sync, threaded or async"},
			{!b.Real() || b.Kind == "", "kind",
				"is for the embedded backend: a real server has its kind in its name"},
			{b.KeepAlive >= 0 && b.KeepAlive <= time.Hour, "keep_alive", "must be from 0 to 1h"},
			{b.CPUQuota >= 0 && b.CPUQuota <= 64, "cpu_quota", "must be from 0% to 6400%"},
			{b.Hogs >= 0 && b.Hogs <= 64, "hogs", "must be from 0 to 64"},
			{!b.Compute || !b.Real() && (b.Kind == "" || b.Kind == backend.Sync), "compute",
				"is for the embedded backend's sync workers"},
			{!b.Real() || b.KeepAlive == 0 && b.Service == nil && len(b.Endpoints) == 0, "server",
				"must be embedded with keep_alive, service and endpoints"},
		}, path...)
		if f != nil {
			return f
		}
		if key := ignored(b, b); key != "" {
			return at(strings.Join(path, ".")+"."+meaningless(key, b), append(path, key)...)
		}
	}
	return nil
}

func (s Scenario) proxyFault() *fault {
	for _, n := range s.ProxyNames() {
		p := s.Proxies[n]
		path := []string{"proxies", n}
		if n == defaultProxy && len(s.Proxies) == 1 {
			path = []string{"nginx"}
		}
		for i, u := range p.Upstreams {
			if _, ok := s.Backends[u]; !ok {
				return at(s.noBackend(u), append(path, "upstreams", strconv.Itoa(i))...)
			}
		}
		for _, u := range slices.Sorted(maps.Keys(p.Servers)) {
			if _, ok := s.Backends[u]; !ok {
				return at(s.noBackend(u), append(path, "servers", u)...)
			}
		}
		f := first([]check{
			{p.Workers >= 0 && p.Workers <= 64, "workers", "must be from 0 to 64"},
			{p.WorkerConnections >= 0 && p.WorkerConnections <= 1_000_000, "worker_connections",
				"must be from 0 to 1000000"},
		}, path...)
		if f != nil {
			return f
		}
	}
	return nil
}

func (s Scenario) noBackend(name string) string {
	return fmt.Sprintf("nginx: there is no backend %q; did you mean %q?", name,
		spelling.Nearest(name, s.BackendNames()))
}

func (s Scenario) hostFault() *fault {
	hosts := s.Hosts()
	for i, h := range hosts {
		if len(h) > 12 || !name.MatchString(h) {
			return at(fmt.Sprintf("%q cannot be a host's name: up to 12 lower case letters, digits and \"-\"",
				h), "backends", h)
		}
		if slices.Contains(hosts[:i], h) {
			return at(fmt.Sprintf("two hosts are named %q", h), "backends", h)
		}
	}
	for h := range s.Sysctls {
		if !slices.Contains(hosts, h) {
			return at(fmt.Sprintf("sysctls: %q is not a host; did you mean %q? There are %v", h,
				spelling.Nearest(h, hosts), hosts), "sysctls", h)
		}
	}
	return nil
}

func (s Scenario) laneFault() *fault {
	if len(s.Lanes) == 0 {
		return at("lanes is empty; give direct, proxy or both", "lanes")
	}
	for i, l := range s.Lanes {
		here := func(text, key string) *fault { return at(text, "lanes", strconv.Itoa(i), key) }
		_, backend := s.Backends[l.To]
		switch {
		case l.To == "":
			return here(fmt.Sprintf("lanes: %q is not a lane; there are %s and %s, and others say to which host they lead (to:)", l.Name, Direct, Proxy), "to")
		case !name.MatchString(l.Name):
			return here(fmt.Sprintf("lanes: %q cannot be a name: lower case letters, digits and \"-\"",
				l.Name), "name")
		case !backend && !s.ThroughProxy(l):
			return here(fmt.Sprintf("lanes: %s leads to %q, which is no backend and no proxy; did you mean %q?", l.Name, l.To, spelling.Nearest(l.To, s.Hosts()[1:])), "to")
		case backend && s.Backends[l.To].Server == None:
			return here(fmt.Sprintf("lanes: nothing listens on %s", l.To), "to")
		case !strings.HasPrefix(l.Path, "/"):
			return here(fmt.Sprintf("lanes: path %q must begin with /", l.Path), "path")
		case l.Connections != "" && l.Connections != loadgen.New && l.Connections != loadgen.Reuse:
			return here(fmt.Sprintf("lanes: connections %q: use new or reuse", l.Connections), "connections")
		case slices.ContainsFunc(s.Lanes[:i], func(o Lane) bool { return o.Name == l.Name }):
			return here(fmt.Sprintf("lanes: %q is there twice", l.Name), "name")
		}
	}
	return nil
}

// meaningless says of a key that a backend's workers have no use for it.
func meaningless(key string, b Backend) string {
	workers := b.Server
	if !b.Real() {
		workers = "embedded " + orElse(b.Kind, backend.Sync)
	}
	return fmt.Sprintf("%s means nothing to %s workers: leave it out, or choose others", key, workers)
}

// ignored is the key of a number that said has and that the workers of whole have no use for.
func ignored(said, whole Backend) string {
	threads, connections := whole.heeds()
	switch {
	case whole.Server == None:
	case said.Threads != 0 && !threads:
		return "threads"
	case said.WorkerConnections != 0 && !connections:
		return "worker_connections"
	}
	return ""
}

// Answers are what a verdict may begin with.
func Answers() []string { return []string{"confirmed", "refuted", "only when"} }

// checkVerdicts sees to it that each can be reached by what is measured, and by nothing else.
func (s Scenario) checkVerdicts(tree *ast.MappingNode, variants []Scenario) error {
	var known []string
	for _, v := range variants {
		known = append(known, v.Variant)
		if v.Variant != "" && !name.MatchString(v.Variant) {
			return fmt.Errorf("%s: variants: %q cannot be a name: lower case letters, digits and \"-\"",
				place(tree, "variants", v.Variant), v.Variant)
		}
	}
	if s.Gives != "" && !slices.ContainsFunc(s.Verdicts,
		func(v Verdict) bool { return strings.HasPrefix(v.Verdict, s.Gives) }) {
		return fmt.Errorf("%s: flip.gives: no verdict begins with %q", place(tree, "flip", "gives"), s.Gives)
	}
	if len(s.Verdicts) > 0 && s.Claim == "" {
		return fmt.Errorf("%s: claim is missing: what the verdicts are of, in a sentence",
			place(tree, "verdicts"))
	}
	for i, v := range s.Verdicts {
		where := fmt.Sprintf("%s: verdicts: %d: ", place(tree, "verdicts", strconv.Itoa(i)), i+1)
		if v.Answer() == "" {
			return fmt.Errorf("%s%q must begin with one of %s", where, v.Verdict,
				strings.Join(Answers(), ", "))
		}
		asserts := 0
		for _, c := range v.If {
			asserts += len(c.Assert)
			if s.Each && (c.Run != "" || c.Against != "") {
				return fmt.Errorf("%seach variant is a claim of its own (each: true), which knows no other run: leave run and against out", where)
			}
			for _, run := range []string{c.Run, c.Against} {
				if run == "" && (len(variants) == 1 || s.Each || run == c.Against && c.Run != "") {
					continue
				}
				if !slices.Contains(known, run) {
					return fmt.Errorf("%sthere is no variant %q; there are %s", where, run,
						strings.Join(known, ", "))
				}
			}
		}
		if asserts == 0 {
			return fmt.Errorf("%sit holds without an assertion: put what has to be measured for it under if",
				where)
		}
	}
	return nil
}
