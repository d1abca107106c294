package conformance

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/scenarios/lab/labtest"
)

// system provokes what takes Linux: full accept queues, a machine without ports, descriptors or routes.
func system(t *testing.T, open Open) {
	group(t, "queue_full", open, queueFull)
	group(t, "connect_timeout", open, connectTimeout)
	group(t, "canceled_connecting", open, canceledConnecting)
	group(t, "lost_syn", open, lostSYN)
	group(t, "no_fd", open, inChild(0, noFD))
	group(t, "no_local_port", open, inChild(labtest.PrivateNetwork, noLocalPort))
	group(t, "self_connected", open, inChild(labtest.PrivateNetwork, selfConnected))
	group(t, "time_wait", open, inChild(labtest.PrivateNetwork, timeWait))
	group(t, "local_addresses", open, localAddresses)
	group(t, "own_stall", open, ownStall)
	group(t, "no_route", open, inChild(labtest.PrivateNetwork, noRoute))
}

// inChild has a case run in a process of its own, and in new namespaces.
func inChild(flags uintptr, test func(*testing.T, Open)) func(*testing.T, Open) {
	return func(t *testing.T, open Open) {
		if labtest.InChild(t, flags) {
			test(t, open)
		}
	}
}

func queueFull(t *testing.T, open Open) {
	l := fullQueue(t, "unix", filepath.Join(t.TempDir(), "s"))
	offer(t, open, stalled(l), few).check(t, syscall.EAGAIN, 0, loadgen.QueueFull)
}

func connectTimeout(t *testing.T, open Open) {
	target := stalled(fullQueue(t, "tcp", "127.0.0.1:0"))
	target.ConnectTimeout = 150 * time.Millisecond
	r := offer(t, open, target, few)
	r.check(t, 0, 0, loadgen.ConnectTimeout)
	for _, res := range r.All {
		if took := res.Done - res.Sent; took < target.ConnectTimeout ||
			took > target.ConnectTimeout+time.Second {
			t.Errorf("request %d gave up after %v, its connect timeout is %v", res.Seq, took,
				target.ConnectTimeout)
		}
	}
}

// RunConnecting is for engines that connect by themselves, and so can ask the kernel how many SYNs were sent,
// and leave the local port to connect(2).
func RunConnecting(t *testing.T, open func(loadgen.Target) (loadgen.Engine, error)) {
	group(t, "shared_ports", open, inChild(labtest.PrivateNetwork, sharedPorts))
	unanswered(t, open)
}

// unanswered gives up connecting before the first SYN is sent again, which is after 1 s, and after that.
func unanswered(t *testing.T, open Open) {
	for _, after := range []time.Duration{150 * time.Millisecond, 1400 * time.Millisecond} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			target := stalled(fullQueue(t, "tcp", "127.0.0.1:0"))
			target.ConnectTimeout = after
			r := offer(t, open, target, few)
			r.check(t, 0, 0, loadgen.ConnectTimeout)
			for _, res := range r.All {
				took := res.Done - res.Sent
				if again := res.SYNRetrans > 0; res.LocalPort == 0 || again != (after > time.Second) &&
					took < after+500*time.Millisecond {
					t.Errorf("request %d from port %d gave up after %v, %d SYNs were sent again", res.Seq,
						res.LocalPort, took, res.SYNRetrans)
				}
			}
		})
	}
	t.Run("own stall", func(t *testing.T) { t.Parallel(); stallConnecting(t, open) })
}

func canceledConnecting(t *testing.T, open Open) {
	interrupt(t, open, stalled(fullQueue(t, "tcp", "127.0.0.1:0")))
}

// stalled is a target whose listener never accepts.
func stalled(l net.Listener) loadgen.Target {
	return loadgen.Target{
		URL: "http://conformance.test/", Network: l.Addr().Network(), Address: l.Addr().String(),
		ConnectTimeout: patience, Timeout: patience,
	}
}

// fullQueue returns a listener with a backlog of 0, which holds one connection (it is full when
// sk_ack_backlog > sk_max_ack_backlog, include/net/sock.h), and that connection in it.
func fullQueue(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	setBacklog(t, l, 0)
	c, err := net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return l
}

// setBacklog calls listen(2) again, which sets it anew.
func setBacklog(t *testing.T, l net.Listener, n int) {
	t.Helper()
	raw, err := l.(syscall.Conn).SyscallConn()
	if err == nil {
		var failed error
		err = raw.Control(func(fd uintptr) { failed = syscall.Listen(int(fd), n) })
		if err == nil {
			err = failed
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// lostSYN lets the first SYN fall on a full queue and makes room before the second.
func lostSYN(t *testing.T, open Open) {
	l := fullQueue(t, "tcp", "127.0.0.1:0")
	timer := time.AfterFunc(300*time.Millisecond, func() {
		serveOn(t, l, answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	})
	defer timer.Stop()
	one := plan.Plan{Stages: []plan.Stage{{From: 1, To: 1, Duration: time.Second}}}
	r := offer(t, open, stalled(l), one)
	r.check(t, 0, 200, loadgen.OK)
	for _, res := range r.All {
		if res.SYNRetrans < 1 || res.Connected-res.Sent < 500*time.Millisecond {
			t.Errorf("connected after %v with %d SYNs lost, want 1 and about 1 s", res.Connected-res.Sent,
				res.SYNRetrans)
		}
	}
}

// noFD leaves the process a handful of descriptors. The listener is in this process and does not
// accept, so that each request takes one.
func noFD(t *testing.T, open Open) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	inUse, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = uint64(len(inUse)) + 6 // an engine has a few of its own
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	target := stalled(l)
	impatient(&target)
	r := offer(t, open, target, few)
	none, held := r.count(loadgen.NoFD), r.count(loadgen.ResponseTimeout)
	if none < 2 || held < 2 || none+held != fewCount {
		t.Errorf("%d without a descriptor and %d with one, of %d", none, held, fewCount)
	}
	for _, res := range r.All {
		if res.Outcome == loadgen.NoFD && res.Errno != syscall.EMFILE {
			t.Errorf("request %d: errno %v", res.Seq, res.Errno)
		}
	}
}

// noLocalPort leaves the network namespace four ports to connect from.
func noLocalPort(t *testing.T, open Open) {
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 40003"), 0); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:8000")
	if err != nil {
		t.Fatal(err)
	}
	s := serveOn(t, l, func(v *visit) { v.head(); v.hang() })
	target := s.target()
	target.Timeout = time.Second
	r := offer(t, open, target, few)
	none, held := r.count(loadgen.NoLocalPort), r.count(loadgen.ResponseTimeout)
	if none != 6 || held != 4 || s.accepted.Load() != 4 {
		t.Errorf("%d without a port, %d with one, %d attempts at the server; want 6, 4 and 4", none, held,
			s.accepted.Load())
	}
	for _, res := range r.All {
		if res.Outcome == loadgen.NoLocalPort && res.Errno != syscall.EADDRNOTAVAIL {
			t.Errorf("request %d: errno %v", res.Seq, res.Errno)
		}
	}
}

// selfConnected leaves one port to connect from, which is the one to connect to and has no listener: the
// kernel then connects the socket to itself (RFC 9293 section 3.5), and the request must not be its own
// answer. An engine may call it refused or, where it asks for another port, say that there is none.
func selfConnected(t *testing.T, open Open) {
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 40000"), 0); err != nil {
		t.Fatal(err)
	}
	target := loadgen.Target{URL: "http://127.0.0.1:40000/", ConnectTimeout: patience, Timeout: patience}
	r := offer(t, open, target, few)
	if refused, none := r.count(loadgen.ConnectRefused), r.count(loadgen.NoLocalPort); refused+
		none != fewCount {
		t.Errorf("%d refused and %d without a port, of %d: %+v", refused, none, fewCount, r.All[0])
	}
}

// noRoute uses a namespace that has no way out.
func noRoute(t *testing.T, open Open) {
	// RFC 5737
	target := loadgen.Target{URL: "http://192.0.2.1/", ConnectTimeout: patience, Timeout: patience}
	offer(t, open, target, few).check(t, syscall.ENETUNREACH, 0, loadgen.ConnectUnreachable)
}
