package trace

import (
	"errors"
	"math"
	"time"
)

// Config says what is traced.
type Config struct {
	NetNS uint32   // the inode of a network namespace, as /proc/PID/ns/net shows it
	Ports []uint16 // local TCP ports
}

// ErrUnsupported is wrapped by the error of Open where no such programs can exist: another system, another
// processor, a kernel without BTF.
var ErrUnsupported = errors.New("tracing by eBPF is not to be had here")

// maxPorts bounds the programs' length.
const maxPorts = 64

func (c Config) check() error {
	if c.NetNS == 0 || len(c.Ports) == 0 || len(c.Ports) > maxPorts {
		return errors.New("trace: a network namespace and 1 to 64 ports must be named")
	}
	return nil
}

// Snapshot is everything that was counted since Open.
type Snapshot struct {
	// connections by their time in the accept queue; those that are 0 are left out
	Waits       map[Bucket]uint64
	WaitSum     time.Duration // of all of those
	Accepted    uint64        // connections in Waits
	Unaccounted uint64        // accepted connections whose beginning was not seen
	SentRST     map[Reset]uint64
	ReceivedRST uint64
}

// Reset is a kind of RST that was sent.
type Reset struct {
	For Party
	// the kernel's name of it, SK_RST_REASON_ left out; "" where the kernel gives none (before 6.10)
	Reason string
}

// Party is for whom the kernel sent an RST.
type Party string

// The parties.
const (
	Listener   Party = "listener"   // a handshake that a listening socket refused to end
	Connection Party = "connection" // any other socket
	NoSocket   Party = "no_socket"  // a packet for which there was none
)

// Bucket is a range of waits: four to each power of two of nanoseconds, so that one is at most a quarter of
// its beginning wide.
type Bucket uint8

const (
	buckets   = 256
	perOctave = 2 // the power of two of how many buckets an octave has
)

// From is the shortest wait of a bucket.
func (b Bucket) From() time.Duration {
	octave, part := int(b>>perOctave), int64(b&(1<<perOctave-1))
	if octave < perOctave {
		return 0 // programs begin at 4 ns
	}
	return shifted(1<<perOctave+part, octave-perOctave)
}

// To is what is too long for it.
func (b Bucket) To() time.Duration { return (b + 1).From() }

func shifted(n int64, by int) time.Duration {
	if by > 60 || n > math.MaxInt64>>by {
		return math.MaxInt64
	}
	return time.Duration(n << by)
}
