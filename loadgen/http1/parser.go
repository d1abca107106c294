// Package http1 finds where an HTTP/1.x response ends, which is all that a load generator must understand of
// it. It copies nothing, keeps nothing of a body and knows of no connection. It is not for servers, nor for
// anybody who wants to read what a response says.
package http1

import (
	"bytes"
	"errors"
)

// The limits of what a server may send beside a body. maxHead also bounds a chunk's size line and a trailer
// section. Servers and proxies allow heads of 8 to 64 KiB (Envoy's default is 60), so that no honest one is
// refused.
const (
	maxHead    = 64 << 10 // bytes
	maxInterim = 16       // 1xx responses before the final one
	keepLine   = 8 << 10  // bytes of a line's beginning for which the room is kept from response to response
)

// A Parser finds the end of one HTTP/1.x response (RFC 9112) in bytes that come in pieces of any size.
// It understands only what framing needs, and counts the body without keeping it, so that a response
// costs no memory, whatever its head promises. What a line has lost at the end of a piece is kept.
//
// It is strict where leniency would move the end of a response (two lengths, unknown transfer codings,
// chunk sizes with anything unexpected in them) and does not look at the rest.
type Parser struct {
	head // of the response that is being read

	state   state
	Status  int   // of the final response, 0 until its head was read whole
	noBody  bool  // the request was HEAD
	maxBody int64 // bytes
	body    int64 // bytes of body that came or were announced
	left    int64 // of the body or the chunk
	interim int
	lines   int    // bytes of the head, size line or trailers so far
	partial []byte // the beginning of a line
}

type state uint8

const (
	inStatusLine state = iota
	inFields
	inBody
	inBodyUntilClose
	inChunkSize
	inChunk
	inChunkEnd
	inTrailers
	complete
)

var (
	errNotHTTP  = errors.New("not an HTTP/1.x response")
	errField    = errors.New("a header field that no length can be learned from")
	errChunk    = errors.New("a malformed chunk")
	errHeadSize = errors.New("the head is larger than allowed")
	errBodySize = errors.New("the body is larger than allowed")
	errInterim  = errors.New("too many interim responses")
)

// Reset prepares the parser for a response to a request.
func (p *Parser) Reset(head bool, maxBody int) {
	partial := p.partial[:0]
	if cap(partial) > keepLine {
		partial = nil
	}
	// sums of two do not overflow
	*p = Parser{noBody: head, maxBody: min(int64(maxBody), 1<<58), partial: partial}
}

// Feed reads on. rest is what comes after the end of the response: empty unless complete. An error is
// final.
func (p *Parser) Feed(data []byte) (rest []byte, err error) {
	for len(data) > 0 && p.state != complete && err == nil {
		switch p.state {
		case inBody, inChunk:
			n := min(p.left, int64(len(data)))
			data = data[n:]
			if p.left -= n; p.left == 0 {
				p.bodyEnds()
			}
		case inBodyUntilClose:
			if p.body += int64(len(data)); p.body > p.maxBody {
				err = errBodySize
			}
			data = nil
		default:
			var line []byte
			var whole bool
			line, data, whole, err = p.line(data)
			if whole && err == nil {
				err = p.take(line)
			}
		}
	}
	return data, err
}

func (p *Parser) bodyEnds() {
	if p.state == inChunk {
		p.state = inChunkEnd
	} else {
		p.state = complete
	}
}

// Close tells the parser that nothing more will come, and reports whether that is the end of a response.
func (p *Parser) Close() bool {
	if p.state == inBodyUntilClose {
		p.state = complete
	}
	return p.state == complete
}

// line returns the next line of data with its end, as far as it has come.
func (p *Parser) line(data []byte) (line, rest []byte, whole bool, err error) {
	i := bytes.IndexByte(data, '\n')
	whole = i >= 0
	if !whole {
		i = len(data) - 1
	}
	if p.lines += i + 1; p.lines > maxHead {
		return nil, nil, false, errHeadSize
	}
	line, rest = data[:i+1], data[i+1:]
	if !whole || len(p.partial) > 0 {
		p.partial = append(p.partial, line...)
		line = p.partial
	}
	if p.state == inStatusLine && !bytes.HasPrefix(line, protocol[:min(len(line), len(protocol))]) {
		return nil, nil, false, errNotHTTP // at the first byte that shows it: the peer may be waiting for us
	}
	if whole {
		p.partial = p.partial[:0]
	}
	return line, rest, whole, nil
}

var protocol = []byte("HTTP/1.")

// take understands one whole line.
func (p *Parser) take(line []byte) error {
	text, crlf := line[:len(line)-1], false
	if last := len(text) - 1; last >= 0 && text[last] == '\r' {
		text, crlf = text[:last], true
	}
	switch p.state {
	case inStatusLine:
		p.state = inFields
		return p.statusLine(text)
	case inFields:
		if len(text) > 0 {
			return p.field(text)
		}
		return p.headEnds()
	case inTrailers:
		if len(text) == 0 {
			p.state = complete
		}
		return nil
	case inChunkEnd:
		if len(text) > 0 || !crlf {
			return errChunk
		}
		p.lines, p.state = 0, inChunkSize
		return nil
	}
	if !crlf {
		return errChunk
	}
	return p.chunkSize(text)
}

// headEnds decides how the end of the body will be known (RFC 9112 section 6.3).
func (p *Parser) headEnds() error {
	p.lines = 0
	code := p.head.code
	switch {
	case code >= 100 && code < 200 && code != 101:
		if p.interim++; p.interim > maxInterim {
			return errInterim
		}
		p.head, p.state = head{}, inStatusLine
		return nil
	case code == 101:
		p.head.closes = true // another protocol has the connection now
	}
	p.Status = code
	switch {
	case p.noBody || code == 101 || code == 204 || code == 304:
		p.state = complete
	case p.head.chunked:
		p.state = inChunkSize
	case !p.head.hasLength:
		p.state = inBodyUntilClose
	case p.head.length > p.maxBody:
		return errBodySize
	case p.head.length == 0:
		p.state = complete
	default:
		p.body, p.left, p.state = p.head.length, p.head.length, inBody
	}
	return nil
}

// Complete reports whether the response has come whole.
func (p *Parser) Complete() bool { return p.state == complete }

// Reusable reports whether the response lets its connection carry another.
func (p *Parser) Reusable() bool {
	return p.state == complete && !p.head.closes && (p.head.minor > 0 || p.head.keepAlive) &&
		(p.head.chunked || p.head.hasLength || p.noBody || p.Status == 204 || p.Status == 304)
}
