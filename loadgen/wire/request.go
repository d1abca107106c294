// Package wire is what all engines put on the wire and read off it alike: the address that a target
// means, the bytes of its requests, and the names of what came back. That two engines load a server in
// the same way rests on it. It opens no connections.
package wire

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/loadgen"
)

// Requests are a target's, as bytes. What does not change from request to request is written once, here,
// so that a request is one write(2) of bytes that nobody has to copy, unless it has something of its own.
type Requests struct {
	kinds []kind
	turns []int32 // whose turn it is, by position modulo its length
	id    []byte  // what ids begin with, see ForRun
	first int     // the number of the first, see ForRun
}

// kind is one of a target's requests: pieces to be put together, or the whole where that is always the same.
type kind struct {
	whole  []byte // nil: made of pieces
	pieces []piece
	head   bool // a HEAD, whose answer has no body
	body   int  // bytes of the body without its {{seq}}s
	seqs   int  // how many of those it has

	params []param // of a FastCGI request; pieces is then the body alone
	keep   bool    // FastCGI: the connection is to be kept
}

// piece is a text and what follows it.
type piece struct {
	text string
	then variable
}

type variable uint8

const (
	nothing variable = iota
	seq
	id
	length
)

// NewRequests prepares the requests of a target that is complete.
func NewRequests(t loadgen.Target) *Requests {
	r := &Requests{turns: turns(t.Requests)}
	for _, request := range t.Requests {
		r.kinds = append(r.kinds, newKind(request, t))
	}
	return r
}

// turns spreads each request evenly over a cycle in which it comes as often as its weight says. Of equals
// the first comes first, so that without weights the order is the target's.
func turns(requests []loadgen.Request) []int32 {
	divisor := 0
	for _, r := range requests {
		divisor = gcd(r.Weight, divisor)
	}
	type turn struct {
		at   float64
		kind int32
	}
	var cycle []turn
	for i, r := range requests {
		n := r.Weight / divisor
		for k := range n {
			cycle = append(cycle, turn{(float64(k) + 0.5) / float64(n), int32(i)})
		}
	}
	slices.SortStableFunc(cycle, func(a, b turn) int { return cmp.Compare(a.at, b.at) })
	out := make([]int32, len(cycle))
	for i, t := range cycle {
		out[i] = t.kind
	}
	return out
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// newKind lays a request out. What the user gave is sent in that order, under those names, and only what
// HTTP/1.1 needs is added where it is missing.
func newKind(r loadgen.Request, t loadgen.Target) kind {
	if t.FastCGI() {
		return newFastCGI(r, t)
	}
	k := kind{head: r.Method == "HEAD"}
	var text strings.Builder
	end := func(v variable) {
		k.pieces = append(k.pieces, piece{text.String(), v})
		text.Reset()
	}
	template := func(s string) (seqs int) {
		parts := strings.Split(s, loadgen.SeqVariable)
		for _, part := range parts[:len(parts)-1] {
			text.WriteString(part)
			end(seq)
		}
		text.WriteString(parts[len(parts)-1])
		return len(parts) - 1
	}
	field := func(name, value string) {
		text.WriteString(name + ": ")
		template(value)
		text.WriteString("\r\n")
	}
	given := func(name string) bool {
		return slices.ContainsFunc(r.Headers, func(h [2]string) bool { return strings.EqualFold(h[0], name) })
	}
	text.WriteString(r.Method + " ")
	template(r.URI)
	text.WriteString(" HTTP/1.1\r\n")
	if !given("Host") {
		field("Host", r.Host)
	}
	if !given("User-Agent") {
		field("User-Agent", "weir")
	}
	for _, h := range r.Headers {
		field(h[0], h[1])
	}
	if t.Connections == loadgen.New && !given("Connection") {
		field("Connection", "close")
	}
	if t.RequestIDs && !given("X-Request-Id") {
		text.WriteString("X-Request-Id: ")
		end(id)
		text.WriteString("\r\n")
	}
	// RFC 9110 section 8.6
	if len(r.Body) > 0 || slices.Contains([]string{"POST", "PUT", "PATCH"}, r.Method) {
		text.WriteString("Content-Length: ")
		end(length)
		text.WriteString("\r\n")
	}
	text.WriteString("\r\n")
	k.seqs = template(string(r.Body))
	k.body = len(r.Body) - k.seqs*len(loadgen.SeqVariable)
	end(nothing)
	if k.constant() {
		k.whole = k.append(nil, place{})
	}
	return k
}

// constant says that the request is the same whatever its position.
func (k *kind) constant() bool {
	varies := func(p piece) bool { return p.then == seq || p.then == id }
	return !slices.ContainsFunc(k.pieces, varies) &&
		!slices.ContainsFunc(k.params, func(p param) bool { return slices.ContainsFunc(p.value, varies) })
}

// place is where a request stands: what tells it from others of its kind.
type place struct {
	position int    // in the plan
	number   int64  // in the run
	id       []byte // what ids begin with
}

func (k *kind) append(to []byte, at place) []byte {
	if k.params != nil {
		return k.appendFastCGI(to, at)
	}
	return k.appendPieces(to, k.pieces, at)
}

func (k *kind) appendPieces(to []byte, pieces []piece, at place) []byte {
	for _, p := range pieces {
		to = append(to, p.text...)
		switch p.then {
		case seq:
			to = strconv.AppendInt(to, at.number, 10)
		case id:
			to = strconv.AppendInt(append(to, at.id...), int64(at.position), 10)
		case length:
			var digits [20]byte
			n := len(strconv.AppendInt(digits[:0], at.number, 10))
			to = strconv.AppendInt(to, int64(k.body+k.seqs*n), 10)
		}
	}
	return to
}

// Cycle is after how many requests their kinds come in the same order again.
func (r *Requests) Cycle() int { return len(r.turns) }

// ForRun returns the requests with the ids of one run of a plan, the first of which has that number.
func (r *Requests) ForRun(epoch time.Time, start time.Duration, first int) *Requests {
	of := *r
	of.first = first
	of.id = AppendID(nil, epoch, start, 0)
	of.id = of.id[:bytes.LastIndexByte(of.id, '-')+1]
	return &of
}

// At returns the request with that position in the plan as it goes on the wire, head and body. The bytes
// are not the caller's to change. A request with something of its own is put together in scratch, which grows
// as far as that takes: a caller that keeps it allocates no more once it has had the largest.
func (r *Requests) At(position int, scratch *[]byte) []byte {
	k := r.kind(position)
	if k.whole != nil {
		return k.whole
	}
	*scratch = k.append((*scratch)[:0], place{position, int64(r.first) + int64(position), r.id})
	return *scratch
}

// IsHead says whether the request with that position is a HEAD, whose answer has no body.
func (r *Requests) IsHead(position int) bool { return r.kind(position).head }

func (r *Requests) kind(position int) *kind {
	if len(r.kinds) == 1 {
		return &r.kinds[0]
	}
	return &r.kinds[r.turns[position%len(r.turns)]]
}
