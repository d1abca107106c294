package portable

import (
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/http1"
	"weir/loadgen/wire"
)

// verdict is what an engine records of a response and does with its connection.
type verdict struct {
	outcome loadgen.Outcome
	status  int
	keep    bool
}

const maxBody = 1 << 16

// here is this engine's verdict on data after which end comes.
func here(data []byte, head bool, end error) verdict {
	x := newExchange()
	r := &run{Engine: &Engine{target: loadgen.Target{URL: "http://a.test/", MaxBody: maxBody}}}
	x.tap = tap{conn: &played{data: data, end: end}, now: func() time.Duration { return 1 }}
	x.reader.Reset(&x.tap)
	if x.read(r, head) == nil {
		return verdict{wire.StatusOutcome(x.status), x.status, x.clean()}
	}
	if x.tap.bad != nil {
		return verdict{loadgen.BadResponse, x.status, false}
	}
	return verdict{readOutcome(x.tap.err, x.tap.first != 0, false), x.status, false}
}

// played is a connection that data comes from, all at once.
type played struct {
	net.Conn
	data []byte
	end  error
}

func (p *played) Read(b []byte) (int, error) {
	n := copy(b, p.data)
	if p.data = p.data[n:]; n == 0 {
		return 0, p.end
	}
	return n, nil
}

// there is the verdict of the event loop, which has package http1.
func there(data []byte, head bool, end error) verdict {
	var p http1.Parser
	p.Reset(head, maxBody)
	rest, err := p.Feed(data)
	switch {
	case err != nil:
		return verdict{loadgen.BadResponse, p.Status, false}
	case p.Complete():
		return verdict{wire.StatusOutcome(p.Status), p.Status, len(rest) == 0 && p.Reusable()}
	case end != io.EOF:
		return verdict{loadgen.ResponseTimeout, p.Status, false}
	case p.Close():
		return verdict{wire.StatusOutcome(p.Status), p.Status, false}
	case len(data) == 0:
		return verdict{loadgen.ClosedBeforeResponse, 0, false}
	}
	return verdict{loadgen.Truncated, p.Status, false}
}

// FuzzAgreement holds the two engines' verdicts against each other: which engine ran must not change a
// report.
func FuzzAgreement(f *testing.F) {
	for _, s := range streams {
		f.Add([]byte(s), false, false)
		f.Add([]byte(s), true, true)
	}
	f.Fuzz(func(t *testing.T, data []byte, head, silent bool) {
		end := io.EOF
		if silent {
			end = os.ErrDeadlineExceeded
		}
		if mine, theirs := here(data, head, end), there(data, head, end); mine != theirs {
			t.Errorf("%q, HEAD %v, then %v: portable %+v, epoll %+v", data, head, end, mine, theirs)
		}
	})
}

const ok = "HTTP/1.1 200 OK\r\n"

var streams = []string{
	"", "HTT", "SSH-2.0\r\n", "\r\n" + ok,
	ok + "\r\nhello", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1\r\n\r\n",
	"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 204 N\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 304 N\r\nContent-Length: 3\r\n\r\n",
	"HTTP/1.1 101 S\r\n\r\n", "HTTP/1.1 700 X\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 100 C\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n", "HTTP/1.1 103 E\r\nLink: a\r\n\r\n" + ok +
		"Content-Length: 0\r\n\r\n", "HTTP/1.1 100 C\r\n\r\n",
	strings.Repeat("HTTP/1.1 100 C\r\n\r\n", 20) + ok + "Content-Length: 0\r\n\r\n",
	"HTTP/1.1 102 P\r\nConnection: close\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n",
	ok + "Content-Length: 5\r\n\r\nhello", ok + "Content-Length: 5\r\n\r\nhello more", ok +
		"Content-Length: 5\r\n\r\nhell", ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
	ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", ok + "Content-Length: 5, 5\r\n\r\nhello",
	ok + "Content-Length: 5, 6\r\n\r\nhello!", ok + "Content-Length: +5\r\n\r\nhello", ok +
		"Content-Length: -5\r\n\r\nhello",
	ok + "Content-Length: \r\n\r\n", ok + "Content-Length: 5x\r\n\r\nhello", ok +
		"Content-Length: 5 \r\n\r\nhello", ok + "Content-Length : 5\r\n\r\nhello", ok +
		"Content-Length:5\n\nhello",
	ok + "Content-Length: 1\r\n 0\r\n\r\nhello", ok + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n", ok +
		" X: a\r\nContent-Length: 0\r\n\r\n", ok + "no colon\r\nContent-Length: 0\r\n\r\n", ok +
		": a\r\nContent-Length: 0\r\n\r\n",
	ok + "Content-Length: 99999999999999999999\r\n\r\n", ok + "Content-Length: 65537\r\n\r\n", ok + "X: " +
		strings.Repeat("x", 9000) + "\r\n\r\n", ok + "\r\n" + strings.Repeat("x", 1<<16+1),
	ok + "Connection: close\r\nContent-Length: 0\r\n\r\n", ok +
		"Connection: x, Close\r\nContent-Length: 0\r\n\r\n", ok +
		"connection: keep-alive\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 0\r\n\r\n",
	chunks + "5\r\nhello\r\n0\r\n\r\n", chunks + "5\r\nhello\r\n0\r\n\r\nmore", chunks +
		"5\r\nhello\r\n0\r\nT: x\r\nU: y\r\n\r\n", chunks + "A;x=\"y\"\r\n0123456789\r\n0\r\n\r\n", chunks +
		"05 \r\nhello\r\n00\r\n\r\n",
	chunks + "5\r\nhello\r\n", chunks + "5\r\nhel", chunks + "0\r\n", chunks + "5\nhello\n0\n\n", chunks +
		"5\r\nhelloX\r\n0\r\n\r\n", chunks + "zz\r\n", chunks + "\r\n", chunks + "-1\r\n", chunks +
		"10000\r\n", chunks + "fffffffffffffffff\r\n",
	chunks + "0\r\nno colon\r\n\r\n", chunks + "0\r\n" + strings.Repeat("T: x\r\n", 2000) + "\r\n", ok +
		"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", ok +
		"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ok +
		"Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}

const chunks = ok + "Transfer-Encoding: chunked\r\n\r\n"
