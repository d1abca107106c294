package server

import (
	"fmt"
	"regexp"
	"strings"
)

// phpFPM is PHP's process manager, which speaks FastCGI. Its children are kept at their number (pm = static),
// so that the capacity is known.
var phpFPM = Driver{
	Name: "php-fpm", Protocol: FastCGI, packages: "php-fpm",
	programs: []string{"php-fpm", "/usr/sbin/php-fpm", "/usr/sbin/php-fpm[0-9]*"},
	version:  []string{"-n", "-v"}, pattern: regexp.MustCompile(`PHP ([0-9][0-9A-Za-z.-]*)`),
	files: phpFiles,
	// -n: no php.ini of the system's. -R: in the lab the only uid there is calls itself root.
	args: func(s Spec) []string { return []string{"-n", "-F", "-R", "-y", s.Dir + "/php-fpm.conf"} },
}

// Script is the path of PHP's application, as SCRIPT_FILENAME wants it.
func (s Spec) Script() string { return s.Dir + "/index.php" }

func phpFiles(s Spec) map[string]string {
	_, address := s.address()
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("[global]\npid = %s/pid\nerror_log = /proc/self/fd/2\ndaemonize = no", s.Dir)
	line("[weir]")
	if s.RunAs != "" {
		line("user = %s\ngroup = %s", s.RunAs, s.RunAs)
	}
	line("listen = %s\nlisten.backlog = %d\nlisten.mode = 0666", address, s.Backlog)
	line("pm = static\npm.max_children = %d", s.Workers)
	if s.Timeout > 0 {
		line("request_terminate_timeout = %ss", seconds(s.Timeout))
	}
	line("chdir = %s\ncatch_workers_output = yes", s.Dir)
	line("env[%s] = '%s'", serviceTimesVariable, s.serviceTimes())
	return map[string]string{"php-fpm.conf": b.String(), "index.php": app("index.php")}
}
