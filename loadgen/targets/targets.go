// Package targets reads lists of requests from files in the widely used format of vegeta's
// -format=http, so that files which exist already work:
//
//	# comments and empty lines may stand between requests
//	GET http://127.0.0.1:8000/things?page=2
//
//	# weir: weight=3
//	POST http://127.0.0.1:8000/things
//	Content-Type: application/json
//	@thing.json
//
// A request is its line, then its headers, then at most one body file; an empty line, the body or, where
// there are no headers, the next request's line ends it. What is read here means the same to vegeta
// (lib/targets.go, NewHTTPTargeter), but for these:
//
//   - "# weir: weight=N" before a request says how often it is sent, against the others. To other tools
//     it is a comment.
//   - A URL may be just a path. One that is whole keeps its host in its Host header, wherever the connections go;
//     where there are several origins, one listener is measured all the same, and the caller says which (File.Origin).
//   - {{seq}} in a path, a header value or a body stands for the request's number in the run.
//   - A body file that is not in the working directory is looked for beside the file that names it.
//   - An empty line must stand before a request that follows headers or a comment among them: vegeta
//     would send its line as a header.
//
// As vegeta (net/http, Request.Write), weir does not send a Content-Length, Transfer-Encoding or Trailer of
// the file's: they follow from the body. Where one says something else, that is in File.Notes.
//
// The package is strict, since a line that was misread would be load that nobody asked for. It is not a
// templating language and not for lists too large for memory.
package targets

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"weir/loadgen"
)

// What a file may hold, beside loadgen.MaxWeight, which bounds the requests too, each being sent at least
// once. Lines are as long as bufio.Scanner, and so vegeta, reads them.
const (
	maxLine = bufio.MaxScanTokenSize
	maxBody = 64 << 20  // bytes of one body
	maxHeld = 256 << 20 // bytes of all bodies and lines together
)

// File is what a target file says.
type File struct {
	Origins  []string // scheme://host or scheme://host:port of the URLs, each once; none where all are paths
	Requests []loadgen.Request
	Notes    []string // what the file says and is not sent

	name   string
	second int // the line that has the second origin
}

// Origin is where the requests go where nothing else is said; empty where all URLs are paths. That there are
// several origins is an error.
func (f *File) Origin() (string, error) {
	switch len(f.Origins) {
	case 0:
		return "", nil
	case 1:
		return f.Origins[0], nil
	}
	return "", &SyntaxError{File: f.name, Line: f.second, Err: fmt.Errorf(
		"%s is another origin than %s, and one listener is measured at a time: make a file for each of the %d origins and run them one after the other, or, where one listener serves them all, name it with --direct or --proxy (each request keeps its host in its Host header)",
		f.Origins[1], f.Origins[0], len(f.Origins))}
}

// Elsewhere says that requests of several origins go to one listener that was named beside the file; empty
// where they have one origin or none.
func (f *File) Elsewhere() string {
	n := len(f.Origins)
	if n < 2 {
		return ""
	}
	named, more := f.Origins[:min(n, maxNamed)], ""
	if n > maxNamed {
		more = fmt.Sprintf(" and %d more", n-maxNamed)
	}
	return fmt.Sprintf("%s: its URLs have %d origins (%s%s), and all its requests go to the one listener that was named, each with its own host in its Host header",
		f.name, n, strings.Join(named, ", "), more)
}

// maxNamed bounds how many origins are told.
const maxNamed = 3

// SyntaxError says where a target file is wrong.
type SyntaxError struct {
	File string
	Line int // from 1; 0: the file as a whole
	Err  error
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

func (e *SyntaxError) Unwrap() error { return e.Err }

// Read reads a target file. The name is for errors, and for its folder: open gets the paths of body
// files as they are written and, where there is none, joined to that. Requests that name one file share its
// bytes, which nobody may change.
func Read(r io.Reader, name string, open func(path string) (io.ReadCloser, error)) (*File, error) {
	p := parser{name: name, open: open, bodies: map[string][]byte{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	wrong := func(err error) error { return &SyntaxError{File: name, Line: p.line, Err: err} }
	for lines.Scan() {
		p.line++
		if err := p.read(lines.Text()); err != nil {
			return nil, wrong(err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		p.line++
		return nil, wrong(fmt.Errorf("the line is longer than %d bytes: move what is long into a body file",
			maxLine))
	} else if err != nil {
		return nil, fmt.Errorf("reading targets from %s: %w", name, err)
	}
	if err := p.end(); err != nil {
		return nil, wrong(err)
	}
	p.hosts()
	p.file.name = name
	if len(p.file.Requests) == 0 {
		p.line = 0
		return nil, wrong(errors.New("no requests: write lines like GET http://127.0.0.1:8000/"))
	}
	return &p.file, nil
}
