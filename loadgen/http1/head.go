package http1

import (
	"bytes"
	"math"
)

// head is what a response's head says about where it ends and what follows it.
type head struct {
	code      int
	minor     byte // of HTTP/1.minor
	chunked   bool
	hasLength bool
	length    int64
	closes    bool // Connection: close
	keepAlive bool // Connection: keep-alive
	framing   bool // the last field was one of those that are understood here
}

// statusLine reads "HTTP/1.1 200 OK" (RFC 9112 section 4). The reason is optional here as everywhere.
func (h *head) statusLine(line []byte) error {
	version, line, _ := bytes.Cut(line, space)
	if len(version) != len("HTTP/1.1") || !isDigit(version[7]) {
		return errNotHTTP
	}
	h.minor = version[7] - '0'
	code, _, _ := bytes.Cut(trim(line), space)
	n, ok := decimal(code)
	if len(code) != 3 || !ok {
		return errNotHTTP
	}
	h.code = int(n)
	return nil
}

// field reads one header field. A line that begins with a space continues the one before (RFC 9112
// section 5.2), which must not have been one that framing depends on.
func (h *head) field(line []byte) error {
	if isSpace(line[0]) {
		if h.framing || h.code == 0 {
			return errField
		}
		return nil
	}
	colon := bytes.IndexByte(line, ':')
	if colon < 1 {
		return errField
	}
	h.framing = false
	name := line[:colon]
	bare := trimRight(name)
	// All names that matter are of three lengths; most fields end here.
	switch len(bare) {
	case len("Connection"), len("Content-Length"), len("Transfer-Encoding"):
		return h.understand(bare, trim(line[colon+1:]), len(bare) != len(name))
	}
	return nil
}

// understand reads a field that framing may depend on; spaced says that there is a space before its
// colon, so that some will read this name and some will not (RFC 9112 section 5.1).
func (h *head) understand(name, value []byte, spaced bool) error {
	switch {
	case equalFold(name, "content-length"):
		h.framing = true
		return h.contentLength(value, spaced)
	case equalFold(name, "transfer-encoding"):
		h.framing = true
		if h.minor == 0 {
			return nil // HTTP/1.0 does not know it
		}
		if h.chunked || !equalFold(value, "chunked") {
			return errField
		}
		h.chunked = true
	case equalFold(name, "connection"):
		h.framing = true
		h.connection(value)
	}
	if h.framing && spaced {
		return errField
	}
	return nil
}

// contentLength reads a length, or several that are all the same (RFC 9112 section 6.3, item 5).
func (h *head) contentLength(list []byte, spaced bool) error {
	for more := true; more; {
		var value []byte
		value, list, more = bytes.Cut(list, []byte{','})
		n, ok := decimal(trim(value))
		if !ok || spaced || h.hasLength && n != h.length {
			return errField
		}
		h.hasLength, h.length = true, n
	}
	return nil
}

// connection reads a list of options.
func (h *head) connection(value []byte) {
	for len(value) > 0 {
		var option []byte
		option, value, _ = bytes.Cut(value, []byte{','})
		option = trim(option)
		h.closes = h.closes || equalFold(option, "close")
		h.keepAlive = h.keepAlive || equalFold(option, "keep-alive")
	}
}

// chunkSize reads the line before a chunk (RFC 9112 section 7.1): the size and perhaps extensions, which
// are ignored.
func (p *Parser) chunkSize(line []byte) error {
	size, extension, extended := bytes.Cut(line, []byte{';'})
	if !extended {
		size = trimRight(size)
	}
	var n int64
	for _, c := range size {
		digit, ok := hexadecimal(c)
		if !ok {
			return errChunk
		}
		if n = n<<4 | digit; n > p.maxBody {
			return errBodySize // before it can overflow
		}
	}
	if len(size) == 0 || bytes.IndexByte(extension, '\r') >= 0 {
		return errChunk
	}
	p.lines = 0
	if n == 0 {
		p.state = inTrailers
		return nil
	}
	if p.body += n; p.body > p.maxBody {
		return errBodySize
	}
	p.left, p.state = n, inChunk
	return nil
}

var space = []byte{' '}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

func trimRight(text []byte) []byte {
	for len(text) > 0 && isSpace(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

func trim(text []byte) []byte {
	for len(text) > 0 && isSpace(text[0]) {
		text = text[1:]
	}
	return trimRight(text)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// decimal reads digits and nothing else, as far as an int64 goes.
func decimal(text []byte) (n int64, ok bool) {
	for _, c := range text {
		digit := int64(c - '0')
		if !isDigit(c) || n > (math.MaxInt64-digit)/10 {
			return 0, false
		}
		n = n*10 + digit
	}
	return n, len(text) > 0
}

func hexadecimal(c byte) (int64, bool) {
	switch lower := c | 0x20; {
	case isDigit(c):
		return int64(c - '0'), true
	case 'a' <= lower && lower <= 'f':
		return int64(lower-'a') + 10, true
	}
	return 0, false
}

// equalFold compares with an all-lower-case ASCII text.
func equalFold(text []byte, lower string) bool {
	if len(text) != len(lower) {
		return false
	}
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
