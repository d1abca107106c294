package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"
)

// Lab is a set of hosts that reach each other.
type Lab struct {
	hosts []*Host
	dir   string

	mu        sync.Mutex
	closed    bool
	processes []process
}

// New makes the hosts and joins each to each other. It must be called Inside. The first host is the
// namespace that the caller is in already. Addresses are 10.77.0.1, 10.77.0.2 …, in the order of hosts.
//
// A sysctl that this kernel does not have is a *SysctlError that wraps fs.ErrNotExist, and names the nearest
// that it has: without it the experiment would be another one.
func New(hosts []HostSpec) (_ *Lab, err error) {
	if !Inside() {
		return nil, errors.New("lab: New is called outside: start the program by lab.Enter first")
	}
	if err := validate(hosts); err != nil {
		return nil, err
	}
	l := &Lab{}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	for i, spec := range hosts {
		h := &Host{lab: l, name: spec.Name, addr: netip.AddrFrom4([4]byte{10, 77, 0, byte(i + 1)})}
		if h.netns, err = hostNamespace(i == 0); err != nil {
			return nil, fmt.Errorf("lab: network namespace of %s: %w", spec.Name, err)
		}
		l.hosts = append(l.hosts, h)
		if err := l.configure(h, spec.Sysctls); err != nil {
			return nil, err
		}
	}
	if err := l.cable(); err != nil {
		return nil, err
	}
	if l.dir, err = mountDir(); err != nil {
		return nil, err
	}
	if err := l.addHogs(hosts); err != nil { // not under a quota, which is the others'
		return nil, err
	}
	for i, spec := range hosts {
		if spec.CPUQuota == 0 {
			continue
		}
		if l.hosts[i].quota, err = newQuota(spec.Name, spec.CPUQuota); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// configure sets sysctls before there are interfaces, so that net.ipv4.conf.default counts for them.
func (l *Lab) configure(h *Host, sysctls map[string]string) error {
	for name, value := range sysctls {
		if err := h.SetSysctl(name, value); err != nil {
			return err
		}
	}
	return h.Do(func() error { return bringUp(h.addr) })
}

// cable lays a veth pair between every two hosts, so that no host forwards for another.
func (l *Lab) cable() error {
	for i, a := range l.hosts {
		for _, b := range l.hosts[i+1:] {
			if err := join(a, b); err != nil {
				return fmt.Errorf("lab: cable %s to %s: %w", a.name, b.name, err)
			}
		}
	}
	return nil
}

// Host returns the host of that name; nil where there is none.
func (l *Lab) Host(name string) *Host {
	for _, h := range l.hosts {
		if h.name == name {
			return h
		}
	}
	return nil
}

// Dir is an empty folder in memory that only the lab's processes see. It vanishes with the lab.
func (l *Lab) Dir() string { return l.dir }

// Close ends the processes that Start started and takes the hosts, cables and Dir away. It takes at most a
// few seconds. Of a program that is killed before it gets here the kernel takes all away but the control
// group of a CPU quota, which Enter does.
func (l *Lab) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	errs := []error{l.endProcesses()}
	// Namespaces end some time after their last user; cables must be gone before a next lab lays its own.
	for i, a := range l.hosts {
		for _, b := range l.hosts[i+1:] {
			errs = append(errs, a.Do(func() error { return unjoin(b) }))
		}
	}
	for _, h := range l.hosts {
		errs = append(errs, unix.Close(h.netns), h.quota.close())
	}
	if l.dir != "" {
		errs = append(errs, unix.Unmount(l.dir, unix.MNT_DETACH))
	}
	return errors.Join(errs...)
}
