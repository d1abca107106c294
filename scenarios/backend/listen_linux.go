package backend

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Server has a listening socket and the workers that share it.
type Server struct {
	config Config
	fd     int // listening, non-blocking
	stop   int // eventfd: readable once the server ends
	addr   string
}

// Listen makes the listening socket. Connections queue from here on; Serve starts the workers.
//
// It makes the system calls itself: net.Listen takes its backlog from net.core.somaxconn.
func Listen(config Config) (*Server, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	if !config.Clamp {
		if err := checkSomaxconn(config.Backlog); err != nil {
			return nil, err
		}
	}
	family, address, err := resolve(config)
	if err != nil {
		return nil, err
	}
	s := &Server{config: config, stop: -1}
	s.fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("backend: socket: %w", err)
	}
	if err := s.listen(family, address); err != nil {
		return nil, errors.Join(fmt.Errorf("backend: listen on %s: %w", config.Address, err), s.Close())
	}
	return s, nil
}

func (s *Server) listen(family int, address unix.Sockaddr) error {
	if family != unix.AF_UNIX {
		if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if err := unix.Bind(s.fd, address); err != nil {
		return os.NewSyscallError("bind", err)
	}
	s.addr = s.config.Address // bound: from here on the path is ours to remove
	if err := unix.Listen(s.fd, s.config.Backlog); err != nil {
		return os.NewSyscallError("listen", err)
	}
	var err error
	if s.stop, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	if family == unix.AF_UNIX {
		return nil
	}
	bound, err := unix.Getsockname(s.fd)
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	s.addr = text(bound)
	return nil
}

// checkSomaxconn refuses a backlog that listen(2) would silently cut down.
func checkSomaxconn(backlog int) error {
	data, err := os.ReadFile("/proc/sys/net/core/somaxconn")
	if err != nil {
		return nil // no /proc: the probe shows the real limit
	}
	if limit, err := strconv.Atoi(strings.TrimSpace(string(data))); err == nil && backlog > limit {
		return fmt.Errorf("backend: backlog %d: net.core.somaxconn allows %d in this namespace; raise it first or ask for less", backlog, limit)
	}
	return nil
}

func resolve(c Config) (family int, address unix.Sockaddr, err error) {
	if c.Network == "unix" {
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: c.Address}, nil
	}
	a, err := net.ResolveTCPAddr("tcp", c.Address)
	if err != nil {
		return 0, nil, fmt.Errorf("backend: address %q: %w", c.Address, err)
	}
	if ip4 := a.IP.To4(); ip4 != nil || a.IP == nil {
		sa := &unix.SockaddrInet4{Port: a.Port}
		copy(sa.Addr[:], ip4)
		return unix.AF_INET, sa, nil
	}
	sa := &unix.SockaddrInet6{Port: a.Port}
	copy(sa.Addr[:], a.IP)
	return unix.AF_INET6, sa, nil
}

func text(address unix.Sockaddr) string {
	var a net.TCPAddr
	switch sa := address.(type) {
	case *unix.SockaddrInet4:
		a.IP, a.Port = sa.Addr[:], sa.Port
	case *unix.SockaddrInet6:
		a.IP, a.Port = sa.Addr[:], sa.Port
	}
	return a.String()
}

// Addr is where the server listens: "10.77.0.3:8000" or a path.
func (s *Server) Addr() string { return s.addr }

// Close gives the listening socket back; queued connections are reset. Serve does it when it ends.
func (s *Server) Close() error {
	var errs []error
	if s.config.Network == "unix" && s.addr != "" {
		errs = append(errs, os.Remove(s.addr))
	}
	for _, fd := range []*int{&s.fd, &s.stop} {
		if *fd >= 0 {
			errs = append(errs, os.NewSyscallError("close", unix.Close(*fd)))
			*fd = -1
		}
	}
	s.addr = ""
	return errors.Join(errs...)
}
