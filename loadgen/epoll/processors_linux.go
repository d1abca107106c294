package epoll

import (
	"runtime"
	"sync"
)

// held is how many of the runtime's processors (Ps, of GOMAXPROCS) are there for event loops alone.
var held struct {
	sync.Mutex
	n int
}

// holdProcessors gives the runtime a processor more for each of n loops, until release. A loop keeps its
// processor all the time, also while it waits for events. Without one of its own it would take turns with the
// program's other goroutines, ten milliseconds at a time, and where those are many it stood still for
// seconds; now the kernel's scheduler, which favours a thread that has slept, decides between them.
func holdProcessors(n int) (release func()) {
	adjust := func(by int) {
		held.Lock()
		defer held.Unlock()
		held.n += by
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + by)
	}
	adjust(n)
	return func() { adjust(-n) }
}
