package server

import (
	"fmt"
	"regexp"
	"strings"
)

// unicorn has Gunicorn's model, whose namesake it is: processes that serve one request at a time.
var unicorn = Driver{
	Name: "unicorn", Protocol: HTTP, packages: "unicorn",
	programs: []string{"unicorn", "/usr/bin/unicorn"},
	version:  []string{"--version"}, pattern: regexp.MustCompile(`unicorn v?([0-9][0-9A-Za-z.]*)`),
	files: unicornFiles,
	args: func(s Spec) []string {
		return []string{"--config-file", s.Dir + "/unicorn.rb", "--env", "none", s.Dir + "/config.ru"}
	},
}

func unicornFiles(s Spec) map[string]string {
	_, address := s.address()
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("listen %q, backlog: %d", address, s.Backlog)
	line("worker_processes %d", s.Workers)
	if s.Timeout > 0 {
		line("timeout %s", seconds(s.Timeout))
	}
	line("working_directory %q\npid %q", s.Dir, s.Dir+"/pid")
	return map[string]string{"unicorn.rb": b.String(), "config.ru": app("config.ru")}
}

// puma is a cluster of processes with threads.
var puma = Driver{
	Name: "puma", Protocol: HTTP, packages: "puma", Threads: true,
	programs: []string{"puma", "/usr/bin/puma"},
	version:  []string{"--version"}, pattern: regexp.MustCompile(`version ([0-9][0-9A-Za-z.]*)`),
	files: pumaFiles,
	args:  func(s Spec) []string { return []string{"--config", s.Dir + "/puma.rb", s.Dir + "/config.ru"} },
}

func pumaFiles(s Spec) map[string]string {
	network, address := s.address()
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("bind %q", fmt.Sprintf("%s://%s?backlog=%d", network, address, s.Backlog))
	line("workers %d\nthreads %d, %d", s.Workers, s.Threads, s.Threads)
	if s.Timeout > 0 {
		// of a worker's heartbeat: a slow request does not stop it
		line("worker_timeout %s", seconds(s.Timeout))
	}
	line("environment \"none\"\ndirectory %q\npidfile %q", s.Dir, s.Dir+"/pid")
	return map[string]string{"puma.rb": b.String(), "config.ru": app("config.ru")}
}
