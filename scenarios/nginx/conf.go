package nginx

import (
	"cmp"
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	"weir/probe/nginxlog"
)

// Config is an NGINX that proxies everything to one upstream group. It runs in Dir alone: configuration,
// logs, pid and temporary files are all below it.
type Config struct {
	Dir    string
	Listen string // address:port
	// "10.77.0.3:8000" or "unix:/path", with parameters where there are any: " max_fails=3"
	Upstreams []string
	// upstreams that speak FastCGI: the script that all requests go to. Empty: they speak HTTP
	Script     string
	Directives map[string]string // of the proxying location: proxy_connect_timeout, …
	// of the upstream block: keepalive, …; "" for a directive without a value
	Group             map[string]string
	Workers           int // worker_processes; 0: 1
	WorkerConnections int // 0: so many that they are never the limit
	// stub_status on StatusSocket: needs an NGINX that has the module, see HasStatus
	Status bool
	// the user directive; needed where only one uid is mapped. Empty: left out
	RunAs string
}

// readyPath answers without touching the upstream: it proves that NGINX serves, and nothing more.
const readyPath = "/weir-ready"

// ErrorLog and AccessLog are where NGINX writes.
func (c Config) ErrorLog() string  { return filepath.Join(c.Dir, "error.log") }
func (c Config) AccessLog() string { return filepath.Join(c.Dir, "access.log") }

// StatusSocket is where stub_status answers: a socket of its own, so that the status does not stand in the
// queue which is being overloaded, and is reached from every network namespace.
func (c Config) StatusSocket() string { return filepath.Join(c.Dir, "status.sock") }

// maxSocketPath is the longest path that a unix socket may have (sun_path in linux/un.h, less its NUL).
const maxSocketPath = 107

// backlog is what NGINX asks for on its own listener. Its default of 511 would let the proxy's queue
// overflow before the backend's in a large burst, and the wrong queue would be measured.
const backlog = 4096

// text is the whole nginx.conf. It includes nothing of the system's, so that the same file means the
// same on every distribution.
func (c Config) text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if c.RunAs != "" {
		line("user %s;", c.RunAs)
	}
	line("worker_processes %d;", max(c.Workers, 1))
	line("daemon off;\nmaster_process on;")
	line("pid %s;", quote(filepath.Join(c.Dir, "nginx.pid")))
	// info: without it a client that gave up (499) is invisible
	line("error_log %s info;", quote(c.ErrorLog()))
	line("worker_rlimit_nofile 65536;\nevents { worker_connections %d; }", cmp.Or(c.WorkerConnections, 16384))
	line("http {")
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		line("  %s_temp_path %s;", kind, quote(filepath.Join(c.Dir, kind)))
	}
	line("  log_format weir escape=json '%s';", nginxlog.AccessFormat)
	line("  access_log %s weir;", quote(c.AccessLog()))
	line("  upstream backend {")
	for _, u := range c.Upstreams {
		line("    server %s;", u)
	}
	directives(line, "    ", c.Group)
	line("  }\n  server {\n    listen %s backlog=%d;", c.Listen, backlog)
	line("    location = %s { access_log off; return 204; }", readyPath)
	line("    location / {\n      %s", c.pass())
	directives(line, "      ", c.Directives)
	line("    }\n  }")
	if c.Status {
		line("  server { listen %s; access_log off; location / { stub_status; } }",
			quote("unix:"+c.StatusSocket()))
	}
	line("}")
	return b.String()
}

// pass sends requests on. The FastCGI parameters are those of the fastcgi_params file that NGINX comes with,
// as far as applications read them.
func (c Config) pass() string {
	if c.Script == "" {
		return "proxy_pass http://backend;"
	}
	text := "fastcgi_pass backend;\n      fastcgi_param SCRIPT_FILENAME " + quote(c.Script) + ";"
	for _, p := range [][2]string{
		{"QUERY_STRING", "$query_string"}, {"REQUEST_METHOD", "$request_method"},
		{"CONTENT_TYPE", "$content_type"},
		{"CONTENT_LENGTH", "$content_length"}, {"SCRIPT_NAME", "$fastcgi_script_name"},
		{"REQUEST_URI", "$request_uri"},
		{"DOCUMENT_URI", "$document_uri"}, {"SERVER_PROTOCOL", "$server_protocol"},
		{"GATEWAY_INTERFACE", "CGI/1.1"},
		{"REMOTE_ADDR", "$remote_addr"}, {"SERVER_NAME", "$server_name"},
	} {
		text += fmt.Sprintf("\n      fastcgi_param %s %s;", p[0], p[1])
	}
	return text
}

func directives(line func(string, ...any), indent string, set map[string]string) {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		line("%s%s;", indent, strings.TrimSpace(name+" "+set[name]))
	}
}

func quote(path string) string { return `"` + path + `"` }
