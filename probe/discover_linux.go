package probe

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"
)

// Discover looks for the listeners that cfg names, or for all, and for the processes that hold them. It reads
// every process' descriptors once, however many listeners there are, which takes milliseconds to a second. No
// listener is no error: Listeners is empty then. An error means that the kernel would not tell.
func Discover(cfg Config) (Discovery, error) {
	d := Discovery{AsRoot: os.Geteuid() == 0}
	if len(cfg.Ports) == 0 && len(cfg.UnixPaths) == 0 && !cfg.All {
		return d, errors.New("probe: neither a port nor a path is given: name the listener")
	}
	cfg.NoSlow = true
	p, err := Open(cfg)
	if err != nil {
		return d, err
	}
	defer p.Close()
	s := p.Read(time.Now())
	for _, e := range s.Errors {
		if e.ofListeners() {
			err = errors.Join(err, fmt.Errorf("probe: %s: %s", e.Source, e.Text))
		}
	}
	d.Listeners = s.Listeners
	if err != nil && len(d.Listeners) == 0 {
		return d, err
	}
	d.NetNS = namespaceOf(cfg.netNSPath())
	d.OwnNetNS = d.NetNS != 0 && d.NetNS == namespaceOf("/proc/thread-self/ns/net")
	if n, err := strconv.ParseUint(Sysctls(cfg)["net.core.somaxconn"], 10, 64); err == nil {
		d.Somaxconn = &n
	}
	return d, d.findServers()
}

func (c Config) netNSPath() string {
	switch {
	case c.NetNS != "":
		return c.NetNS
	case c.Pid != 0:
		return fmt.Sprintf("/proc/%d/ns/net", c.Pid)
	}
	return "/proc/thread-self/ns/net"
}

func (d *Discovery) findServers() error {
	if len(d.Listeners) == 0 {
		return nil
	}
	inodes := make([]uint32, len(d.Listeners))
	for i, l := range d.Listeners {
		inodes[i] = l.Inode
	}
	slices.Sort(inodes)
	w, err := findHolders(inodes)
	if err != nil {
		return fmt.Errorf("probe: looking for the listener's processes: %w", err)
	}
	d.Looked, d.Barred, d.Cut = w.looked, w.barred, w.cut
	processes := make(map[int]Process, len(w.held))
	for pid := range w.held {
		p, err := readProcess(pid)
		if errors.Is(err, os.ErrNotExist) {
			continue // it has ended since
		}
		if err != nil {
			return fmt.Errorf("probe: pid %d: %w", pid, err)
		}
		p.EventLoop = watchesInLoop(pid, w.held[pid])
		processes[pid] = p
	}
	d.Servers = servers(processes, w.held)
	return nil
}
