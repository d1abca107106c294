package probe

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

// TestOneByOne: a listener that is known is asked for alone, one that has gone or was replaced is noticed at
// the next reading, and the members of a group are looked for each time.
func TestOneByOne(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	reuse := func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) }
	fd, port, err := listenTCP(3, reuse)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newInetDiag([]uint16{port})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	now := time.Now()
	// the reading's own clock: a slow machine walks no sooner
	read := func(after time.Duration) []inetListener {
		if err := d.find(now.Add(after)); err != nil {
			t.Fatal(err)
		}
		return d.found
	}
	first := read(0)[0]
	c, err := dial(port, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := read(walkListenersEvery / 2); len(got) != 1 || got[0].depth != 1 || got[0].limit != 3 ||
		got[0].cookie != first.cookie || got[0].addr != first.addr || !got[0].hasDrops ||
		d.known.walked != now {
		t.Errorf("asked for alone: %+v, walked %v", got, d.known.walked.Sub(now))
	}
	if read(walkListenersEvery); d.known.walked == now {
		t.Error("others are never looked for")
	}

	unix.Close(fd)
	if got := read(walkListenersEvery + 1); len(got) != 0 {
		t.Errorf("closed: %+v", got)
	}
	fd, _, err = listenOn(port, 5, reuse)
	if err != nil {
		t.Fatal(err)
	}
	second := read(walkListenersEvery + 2)
	if len(second) != 1 || second[0].cookie == first.cookie || second[0].limit != 5 {
		t.Fatalf("opened anew: %+v", second)
	}
	cookie := second[0].cookie
	unix.Close(fd)
	if fd, _, err = listenOn(port, 6, reuse); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if got := read(walkListenersEvery + 3); len(got) != 1 || got[0].cookie == cookie || got[0].limit != 6 {
		t.Errorf("replaced between two readings: %+v", got)
	}

	member, _, err := listenOn(port, 7, reuse)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(member)
	for i := range 20 {
		at := 3*walkListenersEvery + time.Duration(i)
		if got := read(at); len(got) != 2 || d.known.walked != now.Add(at) {
			t.Fatalf("a group, reading %d: %+v", i, got)
		}
	}
}
