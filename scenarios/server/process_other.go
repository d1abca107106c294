//go:build !linux

package server

import (
	"errors"
	"fmt"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return nil }

func endGroup(int) {}

// WorkerPids answers "Linux only": there is a lab nowhere else.
func (s *Server) WorkerPids() ([]int, error) {
	return nil, fmt.Errorf("server: Linux only: %w", errors.ErrUnsupported)
}

func (s *Server) listens() bool { return false }
