package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The settings of our namespace. New connections at full speed use up the ports of the default range in seconds,
// and a queue of 4,096 could not hold the 15,000 requests that are to be in flight.
var sysctls = [][2]string{
	{"net/ipv4/ip_local_port_range", "1024 65535"},
	{"net/ipv4/tcp_tw_reuse", "1"},
	{"net/core/somaxconn", "65535"},
}

// namespace makes a user namespace, in which we are root, and a network namespace that belongs to it.
func namespace() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

// namespaces reports why a namespace cannot be made, or is one without any power in it.
func namespaces() error {
	probe := exec.Command("/bin/sh", "-c", "echo '32768 60999' > /proc/sys/net/ipv4/ip_local_port_range")
	probe.SysProcAttr = namespace()
	return probe.Run()
}

// setUpNetwork takes loopback up, which is down in a new namespace, and writes the settings. It says what
// the network is like.
func setUpNetwork() (string, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return "", err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return "", fmt.Errorf("take loopback up: %w", err)
	}
	said := "loopback in a namespace of its own"
	for _, s := range sysctls {
		// Some kernels show net.core to real root only: the stalled server's queue is then shorter.
		if err := os.WriteFile("/proc/sys/"+s[0], []byte(s[1]), 0); err != nil {
			said += fmt.Sprintf("; %s is not settable", strings.ReplaceAll(s[0], "/", "."))
		}
	}
	return said, nil
}
