package server

import (
	"fmt"
	"regexp"
	"strings"
)

// gunicorns are Gunicorn's worker classes (https://docs.gunicorn.org/en/stable/design.html): sync serves one
// request a process, gthread one a thread, gevent as many as it has connections, here once with a real Django
// application.
var gunicorns = []Driver{
	gunicorn("gunicorn", "sync", "gunicorn", "app:app", nil),
	gunicorn("gunicorn-gthread", "gthread", "gunicorn", "app:app", nil),
	gunicorn("gunicorn-gevent", "gevent", "gunicorn python3-gevent", "app:app", []string{"gevent"}),
	gunicorn("gunicorn-django", "gevent", "gunicorn python3-gevent python3-django", "django_app:app",
		[]string{"gevent", "django"}),
}

func gunicorn(name, class, packages, app string, modules []string) Driver {
	return Driver{
		Name: name, Protocol: HTTP, packages: packages, modules: modules, Threads: class == "gthread",
		Connections: class != "sync",
		programs:    []string{"gunicorn", "/usr/bin/gunicorn"},
		version:     []string{"--version"}, pattern: regexp.MustCompile(`version ([0-9][0-9A-Za-z.]*)`),
		files: func(s Spec) map[string]string { return gunicornFiles(s, class) },
		args:  func(s Spec) []string { return []string{"--config", s.Dir + "/gunicorn.conf.py", app} },
	}
}

// gunicornFiles: given by --config, the file is all the configuration that there is (GUNICORN_CMD_ARGS is not
// in its environment).
func gunicornFiles(s Spec, class string) map[string]string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("bind = %q", s.Listen)
	line("chdir = %q", s.Dir)
	line("pidfile = %q", s.Dir+"/pid")
	line("worker_tmp_dir = %q", s.Dir) // on a disk its heartbeat may block a worker
	line("worker_class = %q", class)
	line("workers = %d", s.Workers)
	if class == "gthread" {
		line("threads = %d", s.Threads)
	}
	line("worker_connections = %d", s.Connections)
	line("backlog = %d", s.Backlog)
	if s.Timeout > 0 {
		line("timeout = %s", seconds(s.Timeout))
	}
	line("graceful_timeout = 1") // how long Stop waits for requests
	module := "app.py"
	files := map[string]string{"gunicorn.conf.py": b.String(), module: app(module)}
	files["django_app.py"] = app("django_app.py")
	return files
}
