//go:build !linux

package probe

import (
	"context"
	"time"
)

var nap func(context.Context, time.Duration) // a timer's turn

type opener struct {
	sources, counted, slow []Source
	failed                 []SourceError
}

func openSources(Config) (*opener, error) { return nil, ErrUnsupported }

// Sysctls answers on Linux only; here none is known.
func Sysctls(Config) map[string]string { return map[string]string{} }

// Discover answers on Linux only.
func Discover(Config) (Discovery, error) { return Discovery{}, ErrUnsupported }

func preadBriefly(int, []byte) (int, error) { return 0, ErrUnsupported }

// Waits answers on Linux only.
func (Process) Waits() (uint64, error) { return 0, ErrUnsupported }
