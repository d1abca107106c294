// Package fcgi is the client's side of FastCGI 1.0
// (https://fastcgi-archives.github.io/FastCGI_Specification.html), as bytes: how a request is framed, and how
// the records of its response are taken apart. It opens no connections and knows no timeouts; whoever owns
// the connection does.
//
// A connection carries one request at a time, as NGINX and PHP-FPM have it (PHP-FPM sets FCGI_MPXS_CONNS to
// 0), so every request has the id 1. What a server sends is hostile: each record is checked, none is kept,
// and whoever reads bounds the whole.
package fcgi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Types of records, section 8 of the specification.
const (
	typeBegin  = 1
	typeEnd    = 3
	typeParams = 4
	typeStdin  = 5
	typeStdout = 6
	typeStderr = 7
)

const (
	version    = 1
	requestID  = 1
	responder  = 1 // FCGI_RESPONDER
	keepConn   = 1 // FCGI_KEEP_CONN
	headerSize = 8
	// maxContent is the longest content that is sent: the largest multiple of 8, so that no padding is
	// needed.
	maxContent = 65528
)

// AppendParam appends a name-value pair, section 3.4: each length has one byte below 128, else four.
func AppendParam(to []byte, name, value string) []byte {
	to = appendLength(to, len(name))
	to = appendLength(to, len(value))
	return append(append(to, name...), value...)
}

func appendLength(to []byte, n int) []byte {
	if n < 128 {
		return append(to, byte(n))
	}
	return binary.BigEndian.AppendUint32(to, uint32(n)|1<<31)
}

// AppendRequest appends a whole request. Params are pairs as AppendParam wrote them; keep asks the server to
// leave the connection open after its answer.
func AppendRequest(to, params, body []byte, keep bool) []byte {
	flags := byte(0)
	if keep {
		flags = keepConn
	}
	to = appendHeader(to, typeBegin, 8)
	to = append(to, 0, responder, flags, 0, 0, 0, 0, 0)
	to = appendStream(to, typeParams, params)
	return appendStream(to, typeStdin, body)
}

// appendStream appends a stream and the empty record that ends it, section 3.3.
func appendStream(to []byte, kind byte, content []byte) []byte {
	for len(content) > 0 {
		n := min(len(content), maxContent)
		to = append(appendHeader(to, kind, n), content[:n]...)
		content = content[n:]
	}
	return appendHeader(to, kind, 0)
}

func appendHeader(to []byte, kind byte, length int) []byte {
	return append(to, version, kind, 0, requestID, byte(length>>8), byte(length), 0, 0)
}

// ErrProtocol is in the error of bytes that are no FastCGI response, or no CGI response within one.
var ErrProtocol = errors.New("not a FastCGI response")

func protocol(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, args...))
}

// Records reads the standard output of one response. It reads no byte behind the response's last record, and
// keeps none.
type Records struct {
	from   io.Reader
	left   int  // of the standard output of this record
	pad    int  // behind it
	ended  bool // FCGI_END_REQUEST was read
	stderr int  // bytes of standard error that may still come
	header [headerSize]byte
	waste  [256]byte
}

// Reset begins a response. Of the server's standard error at most so many bytes are taken; they are thrown
// away.
func (r *Records) Reset(from io.Reader, stderr int) { *r = Records{from: from, stderr: stderr} }

// Ended reports whether the whole response was read, FCGI_END_REQUEST included.
func (r *Records) Ended() bool { return r.ended }

// Read reads standard output. It answers io.EOF after a response that was ended in order, and
// io.ErrUnexpectedEOF where the connection ended before.
func (r *Records) Read(p []byte) (int, error) {
	for r.left == 0 {
		if r.ended {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
	}
	n, err := r.from.Read(p[:min(len(p), r.left)])
	if r.left -= n; r.left == 0 && err == nil {
		err = r.discard(r.pad)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// next reads a record's header, and the record too where it is not standard output.
func (r *Records) next() error {
	n, err := io.ReadFull(r.from, r.header[:])
	h := r.header
	if n > 0 && h[0] != version { // also where that is all that came
		return protocol("version %d", h[0])
	}
	if err != nil {
		return err
	}
	length := int(binary.BigEndian.Uint16(h[4:]))
	if id := binary.BigEndian.Uint16(h[2:]); id != requestID {
		return protocol("a record of request %d, and %d was asked", id, requestID)
	}
	switch r.pad = int(h[6]); h[1] {
	case typeStdout:
		if r.left = length; length == 0 {
			return r.discard(r.pad)
		}
		return nil
	case typeStderr:
		if r.stderr -= length; r.stderr < 0 {
			return protocol("too much standard error")
		}
		return r.discard(length + r.pad)
	case typeEnd:
		return r.end(length)
	}
	return protocol("a record of type %d", h[1])
}

// end reads FCGI_END_REQUEST, section 5.5. A request that was rejected (FCGI_OVERLOADED, FCGI_CANT_MPX_CONN,
// FCGI_UNKNOWN_ROLE) is no response: no server in common use sends it, and NGINX takes no notice of it
// either.
func (r *Records) end(length int) error {
	if length != 8 {
		return protocol("FCGI_END_REQUEST of %d bytes", length)
	}
	if _, err := io.ReadFull(r.from, r.header[:]); err != nil {
		return err
	}
	if status := r.header[4]; status != 0 {
		return protocol("the request was rejected, protocolStatus %d", status)
	}
	if err := r.discard(r.pad); err != nil {
		return err
	}
	r.ended = true
	return nil
}

func (r *Records) discard(n int) error {
	for n > 0 {
		got, err := io.ReadFull(r.from, r.waste[:min(n, len(r.waste))])
		if n -= got; err != nil {
			return err
		}
	}
	return nil
}
