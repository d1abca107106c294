//go:build !linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
)

var errLinuxOnly = fmt.Errorf("lab: Linux only: it is made of Linux namespaces: %w", errors.ErrUnsupported)

// Lab exists on Linux only.
type Lab struct{}

// Host exists on Linux only.
type Host struct{}

// Inside is never true here.
func Inside() bool { return false }

// Enter answers "Linux only".
func Enter(context.Context, []string, io.Reader, io.Writer, io.Writer, ...Option) (int, error) {
	return 0, errLinuxOnly
}

// Supported answers "Linux only".
func Supported() error { return errLinuxOnly }

// New answers "Linux only".
func New(hosts []HostSpec) (*Lab, error) { return nil, errors.Join(validate(hosts), errLinuxOnly) }

// Host is never reached: there is no Lab.
func (*Lab) Host(string) *Host { return nil }

// Dir is never reached.
func (*Lab) Dir() string { return "" }

// Close is never reached.
func (*Lab) Close() error { return nil }

// Name is never reached.
func (*Host) Name() string { return "" }

// Addr is never reached.
func (*Host) Addr() netip.Addr { return netip.Addr{} }

// NetNS is never reached.
func (*Host) NetNS() string { return "" }

// Do answers "Linux only".
func (*Host) Do(func() error) error { return errLinuxOnly }

// Start answers "Linux only".
func (*Host) Start(*exec.Cmd) error { return errLinuxOnly }

// Sysctl answers "Linux only".
func (*Host) Sysctl(string) (string, error) { return "", errLinuxOnly }

// SetSysctl answers "Linux only".
func (*Host) SetSysctl(string, string) error { return errLinuxOnly }
