package probe

import "errors"

// openSlow opens the sources that are read apart. The caller's thread is in the namespace, unless it
// could not be entered: then there are no listeners and no connections to be seen, and the process that
// cfg names stands for the listener's.
func (o *opener) openSlow(cfg Config, inside bool) {
	if cfg.NoSlow {
		return
	}
	if !cfg.All { // all of them are no listener
		o.openSlowOfListeners(cfg, inside)
	}
	o.openSlowFile("/proc/pressure/cpu", "pressure", func(f *procFile) Source { return &pressure{f} })
	o.openSlowFile("/proc/net/softnet_stat", "softnet", func(f *procFile) Source { return &softnet{f} })
}

// openSlowOfListeners opens those that are about the listeners that cfg names.
func (o *opener) openSlowOfListeners(cfg Config, inside bool) {
	if ports := cfg.towards(); inside && len(ports) > 0 {
		o.openSlowSource("connections", func() (Source, error) { return newConnections(ports) })
	}
	if inside && len(cfg.Ports) > 0 {
		o.openSlowSource("syn_queue", func() (Source, error) { return newSYNQueue(cfg.Ports) })
	}
	if cfg.Trace {
		o.openSlowSource("trace", func() (Source, error) {
			if !inside || len(cfg.Ports) == 0 {
				return nil, errors.New("only TCP listeners are traced, in a network namespace that can be entered")
			}
			return newTraced(cfg.Ports)
		})
	}
	l := &listenerProcesses{fixed: cfg.Pid}
	if inside {
		var quiet opener // the fast sources of the same kind have told
		quiet.openListeners(cfg)
		l.listeners = quiet.sources
	}
	if len(l.listeners) > 0 || l.fixed != 0 {
		o.slow = append(o.slow, &schedstat{listener: l})
		o.openSlowSource("cgroup", func() (Source, error) { return newCgroup(l) })
	}
}

func (o *opener) openSlowFile(path, name string, source func(*procFile) Source) {
	o.openSlowSource(name, func() (Source, error) {
		f, err := openProc(path)
		if err != nil {
			return nil, err
		}
		return source(f), nil
	})
}

func (o *opener) openSlowSource(name string, open func() (Source, error)) {
	s, err := open()
	if err != nil {
		o.failed = append(o.failed, lost(name, err))
		return
	}
	o.slow = append(o.slow, s)
}
