package probe

import (
	"encoding/binary"
	"slices"
)

// synQueue is the slow source of the gauge listen.syn_recv: connections in the SYN queues of the watched
// listeners.
//
// Meaning: handshakes that began and are not over, because the client's ACK is under way, was lost, or is
// ignored by TCP_DEFER_ACCEPT until data comes. The queue is full at the listener's limit + 1, as the accept
// queue is (net/ipv4/tcp_input.c, tcp_conn_request: inet_csk_reqsk_queue_is_full); with SYN cookies nothing
// is then lost. Scope: the network namespace, all watched ports together. Privilege: none. Cost: a walk
// through the table of all connections, 2 to 5 ms beside 20,000: at most twice a second. Gotcha: requests
// live for a round trip; on a healthy host most readings are 0, and a connection that was let in by a cookie
// was never in the queue.
type synQueue struct {
	dump  *inetDump
	ports []uint16
	n     uint64
	add   func([]byte) error
}

const tcpSynRecv = 3 // include/net/tcp_states.h; the kernel takes TCP_NEW_SYN_RECV for the same

func newSYNQueue(ports []uint16) (*synQueue, error) {
	conn, err := dialDiag()
	if err != nil {
		return nil, err
	}
	q := &synQueue{dump: newInetDump(conn, 0, 1<<tcpSynRecv, onlyPort(ports), 0), ports: slices.Clone(ports)}
	q.add = q.addMessage
	return q, nil
}

func (q *synQueue) Name() string { return "syn_queue" }
func (q *synQueue) Close() error { return q.dump.conn.Close() }

func (q *synQueue) Read(s *Sample) error {
	q.n = 0
	if err := q.dump.read(q.add); err != nil {
		return err // half a walk is no count
	}
	s.Gauges["listen.syn_recv"] = q.n
	return nil
}

func (q *synQueue) addMessage(b []byte) error {
	if len(b) < inetMsgLen {
		return errShort
	}
	if b[1] == tcpSynRecv && slices.Contains(q.ports, binary.BigEndian.Uint16(b[4:])) {
		q.n++
	}
	return nil
}
