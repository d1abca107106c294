package scenarios

import (
	"errors"
	"fmt"

	"weir/loadgen"
	"weir/loadgen/epoll"
	"weir/loadgen/portable"
)

// Engines lists the names that an engine can be asked for by.
func Engines() []string { return []string{"auto", "epoll", "portable"} }

// ErrEngine is the error of an engine that cannot carry a target.
var ErrEngine = errors.New("the engine cannot do this")

type namedEngine interface {
	loadgen.Engine
	Name() string
}

// openEngine returns the engine of that name for a target. "auto", or no name, is the event loop where it
// can be had, for plain HTTP on Linux, else the portable one, which carries everything.
func openEngine(name string, t loadgen.Target) (namedEngine, error) {
	switch name {
	case "portable":
		return portable.New(t)
	case "epoll", "auto", "":
	default:
		return nil, fmt.Errorf("%w: there is no %q; there are %v", ErrEngine, name, Engines())
	}
	e, err := epoll.New(t)
	switch {
	case err == nil:
		return e, nil
	case !errors.Is(err, errors.ErrUnsupported):
		return nil, err
	case name == "epoll":
		return nil, fmt.Errorf("%w: %w; take --engine portable", ErrEngine, err)
	}
	return portable.New(t)
}
