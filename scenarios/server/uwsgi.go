package server

import (
	"fmt"
	"regexp"
	"strings"
)

// uwsgi serves HTTP itself (http-socket), so that it can be loaded directly as well as by NGINX.
var uwsgi = Driver{
	Name: "uwsgi", Protocol: HTTP, packages: "uwsgi-core uwsgi-plugin-python3", Threads: true,
	// Debian's name for uwsgi with the plugin loaded
	programs: []string{"uwsgi_python3", "/usr/bin/uwsgi_python3"},
	version:  []string{"--version"}, pattern: regexp.MustCompile(`(?m)^([0-9][0-9A-Za-z.-]*)`),
	files: uwsgiFiles,
	args:  func(s Spec) []string { return []string{"--ini", s.Dir + "/uwsgi.ini"} },
}

func uwsgiFiles(s Spec) map[string]string {
	_, address := s.address()
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("[uwsgi]\nhttp-socket = %s\nlisten = %d\nchmod-socket = 666", address, s.Backlog)
	line("master = true\nneed-app = true\ndie-on-term = true\ndisable-logging = true")
	line("processes = %d", s.Workers)
	if s.Threads > 1 {
		line("threads = %d", s.Threads)
	}
	if s.Timeout > 0 {
		line("harakiri = %s", seconds(s.Timeout))
	}
	line("chdir = %s\npidfile = %s/pid\nwsgi-file = %s/app.py", s.Dir, s.Dir, s.Dir)
	return map[string]string{"uwsgi.ini": b.String(), "app.py": app("app.py")}
}
