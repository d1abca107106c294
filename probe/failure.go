package probe

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// SourceError is a source that could not be read, kept as data so that its absence is visible.
type SourceError struct {
	Source string `json:"source"`         // name of the source that could not be read
	Text   string `json:"text"`           // what happened and what to do about it, with the errno
	Lost   bool   `json:"lost,omitempty"` // it could not be opened, and will not be tried again
}

// failure is how the error of a source is told.
func failure(source string, err error) SourceError {
	text := err.Error()
	if errors.Is(err, os.ErrPermission) && !strings.Contains(text, "run weir") {
		text += ": run weir as root or as the server's user"
	}
	file := (*os.PathError)(nil)
	if errors.As(err, &file) && strings.HasPrefix(text, file.Op) && (errors.Is(err, os.ErrNotExist) ||
		errors.Is(err, syscall.EOPNOTSUPP)) {
		text += ": this kernel does not tell it, or not here"
	}
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		text += fmt.Sprintf(" (errno %d)", int(errno))
	}
	return SourceError{Source: source, Text: text}
}

// lost is failure for a source that could not be opened.
func lost(source string, err error) SourceError {
	e := failure(source, err)
	e.Lost = true
	return e
}

// shows is what is not known without a source.
var shows = map[string]string{
	"netstat":     "overflows and drops in the network namespace",
	"snmp":        "resets and retransmissions in the network namespace",
	"sockstat":    "sockets in TIME_WAIT",
	"steal":       "time stolen by the hypervisor",
	"inet_diag":   "queues and own drops of TCP listeners",
	"unix_diag":   "queues of unix sockets",
	"tcp_table":   "what waits in the queues of TCP listeners",
	"connections": "connections under way and local ports in use",
	"syn_queue":   "what is in the SYN queues",
	"schedstat":   "whether the listener's processes waited for a processor",
	"cgroup":      "whether a CPU quota stopped the listener's processes",
	"pressure":    "whether tasks of the host waited for a processor",
	"softnet":     "packets that were dropped before any socket saw them",
	"trace":       "how long connections waited for accept(), and the reasons of RSTs",
}

// String says in one line what is not known, and why: "queues of unix sockets (unix_diag): …". It holds what
// the kernel or another machine wrote: whoever shows it takes control characters out.
func (e SourceError) String() string {
	if what := shows[e.Source]; what != "" {
		return fmt.Sprintf("%s (%s): %s", what, e.Source, e.Text)
	}
	return e.Source + ": " + e.Text
}

// Unlisted reports whether the listeners of a sample with these errors are not all that there were.
func Unlisted(errors []SourceError) bool {
	return slices.ContainsFunc(errors, SourceError.ofListeners)
}

// ofListeners reports whether it is a source of listeners that failed.
func (e SourceError) ofListeners() bool { return e.Source == "inet_diag" || e.Source == "unix_diag" }
