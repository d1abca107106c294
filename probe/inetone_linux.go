package probe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// walkListenersEvery is how long listeners that are known are asked for one by one before all are looked for
// again. A dump of LISTEN reads every bucket of the listeners' table, up to 65536 of them
// (net/ipv4/inet_hashtables.c, inet_hashinfo2_init): 20 µs, and a megabyte that turns other things out of the
// caches. A socket that is asked for by its address and cookie is found by its hash.
const (
	walkListenersEvery = 100 * time.Millisecond
	maxOneByOne        = 4
)

// oneByOne asks for listeners that a dump has found, by the identity that it gave them.
type oneByOne struct {
	reqs   [][]byte // one a listener; none: all have to be looked for
	group  bool     // some share an address, as the members of an SO_REUSEPORT group do
	walked time.Time
}

// reset forgets the listeners before a dump.
func (o *oneByOne) reset() { o.reqs, o.group = o.reqs[:0], false }

// learn notes a listener of a dump by its message. Members of an SO_REUSEPORT group cannot be asked for: the
// kernel takes any of them by a hash of the asker, and then refuses it for its cookie.
func (o *oneByOne) learn(message []byte) {
	msg, req := newDiagRequest(inetReqLen)
	binary.NativeEndian.PutUint16(msg[6:], unix.NLM_F_REQUEST)
	req[0], req[1], req[2] = message[0], unix.IPPROTO_TCP, 1<<(inetMemInfo-1)
	copy(req[8:], message[4:52]) // struct inet_diag_sockid: ports, addresses, interface, cookie
	const address = nlHeader + 8 // of struct inet_diag_sockid, up to the cookie
	o.group = o.group || slices.ContainsFunc(o.reqs, func(r []byte) bool {
		return bytes.Equal(r[nlHeader:nlHeader+1], req[:1]) &&
			bytes.Equal(r[address:address+40], msg[address:address+40])
	})
	o.reqs = append(o.reqs, msg)
}

// ready tells whether the listeners that are known may be asked for.
func (o *oneByOne) ready(now time.Time) bool {
	return !o.group && len(o.reqs) > 0 && len(o.reqs) <= maxOneByOne && now.Sub(o.walked) < walkListenersEvery
}

// read asks for all of them. An error means that one has gone, or cannot be asked for so, and that a dump
// must tell.
func (o *oneByOne) read(conn *diagConn, each func([]byte) error) error {
	for _, msg := range o.reqs {
		if err := conn.ask(msg, each); err != nil {
			return err
		}
	}
	return nil
}

var errNoAnswer = errors.New("the kernel does not answer for one socket")

// ask is dump for a single socket: one message answers it, or an error.
func (c *diagConn) ask(msg []byte, each func([]byte) error) error {
	c.seq++
	binary.NativeEndian.PutUint32(msg[8:], c.seq)
	if err := c.send(msg); err != nil {
		return err
	}
	n, err := c.receive()
	if err != nil {
		return err
	}
	answered := false
	if _, err := eachDiag(c.buf[:n], c.seq, func(b []byte) error {
		answered = true
		return each(b)
	}); err != nil {
		return err
	}
	if !answered {
		return errNoAnswer
	}
	return nil
}
