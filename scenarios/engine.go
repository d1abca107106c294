package scenarios

import (
	"errors"
	"fmt"

	"weir/loadgen"
	"weir/loadgen/epoll"
	"weir/loadgen/portable"
)

// Engines lists the names that --engine takes.
func Engines() []string { return []string{"portable", "epoll", "auto"} }

type namedEngine interface {
	loadgen.Engine
	Name() string
}

// openEngine returns the engine of that name for a target; no name is the portable one, which carries
// everything. "auto" is the event loop where it can be had, for plain HTTP on Linux.
func openEngine(name string, t loadgen.Target) (namedEngine, error) {
	switch name {
	case "portable", "":
		return portable.New(t)
	case "epoll":
		return epoll.New(t)
	case "auto":
		e, err := epoll.New(t)
		if errors.Is(err, errors.ErrUnsupported) {
			return portable.New(t)
		}
		return e, err
	}
	return nil, fmt.Errorf("there is no engine %q; there are %v", name, Engines())
}
