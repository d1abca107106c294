package probe

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// opener collects sources, and the errors of those that could not be opened.
type opener struct {
	sources []Source // of listeners
	counted []Source // see countedSources
	slow    []Source // read apart: see slowSources
	failed  []SourceError
	errs    []error
}

// openSources opens the namespace's tables and sockets from within the namespace where that is allowed; else
// what /proc/<pid>/net shows from outside, which is every counter, and of listeners only how much waits.
func openSources(cfg Config) (*opener, error) {
	var o opener
	err := inNamespaceOf(cfg, func() {
		o.openTables("/proc/thread-self/net")
		o.openListeners(cfg)
		o.openSlow(cfg, true)
	})
	if err != nil {
		if cfg.NetNS != "" {
			return nil, fmt.Errorf("probe: %w", err)
		}
		o.openTables(fmt.Sprintf("/proc/%d/net", cfg.Pid))
		if cfg.All || len(cfg.Ports) > 0 {
			o.fail("inet_diag", err)
		}
		if len(cfg.Ports) > 0 && !cfg.All {
			o.open("tcp_table", func() (Source,
				error) {
				return newTCPTable(fmt.Sprintf("/proc/%d/net", cfg.Pid), cfg.Ports)
			})
		}
		if cfg.All || len(cfg.UnixPaths) > 0 {
			o.fail("unix_diag", err)
		}
		o.openSlow(cfg, false)
	}
	if len(o.sources)+len(o.counted) == 0 {
		closeAll(o.slow)
		return nil, fmt.Errorf("probe: nothing can be read: %w", errors.Join(o.errs...))
	}
	// The last, and not counted above: without the network's tables it would be no probe.
	o.openFile("/proc/stat", "steal", func(f *procFile) Source { return &steal{file: f} })
	return &o, nil
}

func (o *opener) openTables(dir string) {
	for _, name := range []string{"netstat", "snmp"} {
		o.openFile(filepath.Join(dir, name), name,
			func(f *procFile) Source { return newCounterTable(name, f) })
	}
	o.openFile(filepath.Join(dir, "sockstat"), "sockstat", func(f *procFile) Source { return &sockstat{f} })
}

func (o *opener) openListeners(cfg Config) {
	ports, paths := cfg.Ports, cfg.UnixPaths
	if cfg.All {
		ports, paths = nil, nil
	}
	if cfg.All || len(ports) > 0 {
		o.open("inet_diag", func() (Source, error) { return newInetDiag(ports) })
	}
	if cfg.All || len(paths) > 0 {
		o.open("unix_diag", func() (Source, error) { return newUnixDiag(cfg, paths) })
	}
}

// pathFromHere is how the watched process' path is reached from here: below its root directory
// (proc_pid_root(5)), which may be looked into by its own user and by CAP_SYS_PTRACE. For others the path has
// no file.
func (c Config) pathFromHere(path string) string {
	if c.Pid == 0 || !strings.HasPrefix(path, "/") {
		return path
	}
	return fmt.Sprintf("/proc/%d/root%s", c.Pid, path)
}

func (o *opener) openFile(path, name string, source func(*procFile) Source) {
	f, err := openProc(path)
	if err != nil {
		o.fail(name, err)
		return
	}
	o.counted = append(o.counted, source(f))
}

func (o *opener) open(name string, source func() (Source, error)) {
	s, err := source()
	if err != nil {
		o.fail(name, err)
		return
	}
	o.sources = append(o.sources, s)
}

func (o *opener) fail(name string, err error) {
	o.failed = append(o.failed, lost(name, err))
	o.errs = append(o.errs, fmt.Errorf("%s: %w", name, err))
}
