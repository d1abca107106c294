//go:build !linux

package backend

import (
	"context"
	"errors"
	"fmt"
	"io"
)

var errLinuxOnly = fmt.Errorf("backend: Linux only: its accept queue is what is measured: %w",
	errors.ErrUnsupported)

// Server exists on Linux only.
type Server struct{}

// Listen answers "Linux only".
func Listen(c Config) (*Server, error) {
	_, err := c.withDefaults()
	return nil, errors.Join(err, errLinuxOnly)
}

// Addr is never reached: there is no Server.
func (*Server) Addr() string { return "" }

// Close is never reached.
func (*Server) Close() error { return nil }

// Serve answers "Linux only".
func (*Server) Serve(context.Context, io.Writer) error { return errLinuxOnly }
