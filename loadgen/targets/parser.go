package targets

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"weir/loadgen"
)

// place is where in a request the parser stands. It follows vegeta in this: straight after a request's
// line another may follow, but after a header or a comment only an empty line or a body ends the request.
type place int

const (
	between place = iota
	afterLine
	among // headers and the comments between them
)

type parser struct {
	name   string
	open   func(path string) (io.ReadCloser, error)
	bodies map[string][]byte

	file    File
	line    int
	at      place
	origins []string      // of each request; empty: a path
	user    *url.Userinfo // of the request that is being read
	lengths []declared    // of the same
	weight  int           // for the next request; 0: none was given
	weights int           // of all requests until now
	held    int           // bytes
}

// requestLine is how vegeta tells a request's line from a header.
var requestLine = regexp.MustCompile(`^([A-Z]+)\s+(.*)$`)

func (p *parser) read(text string) error {
	if err := p.hold(len(text)); err != nil {
		return err
	}
	text = strings.TrimSpace(text)
	request := requestLine.FindStringSubmatch(text)
	switch {
	case text == "":
		return p.end()
	case text[0] == '#':
		return p.comment(strings.TrimSpace(text[1:]))
	case request != nil && p.at == among:
		return errors.New("a request after headers or comments: put an empty line before it")
	case request != nil:
		return p.request(request[1], request[2])
	case p.at == between:
		return stray(text)
	case text[0] == '@':
		return p.body(strings.TrimSpace(text[1:]))
	}
	return p.header(text)
}

// end ends the request that is being read, if any.
func (p *parser) end() error {
	if p.weight != 0 {
		return errors.New("a weight without a request: put it on the line before its request")
	}
	if p.user != nil {
		p.authorize()
	}
	p.note()
	p.at, p.user, p.lengths = between, nil, nil
	return nil
}

// authorize turns the credentials of a URL into a header, where there is none, as net/http does.
func (p *parser) authorize() {
	r := p.last()
	for _, h := range r.Headers {
		if strings.EqualFold(h[0], "Authorization") {
			return
		}
	}
	password, _ := p.user.Password()
	pair := base64.StdEncoding.EncodeToString([]byte(p.user.Username() + ":" + password))
	r.Headers = append(r.Headers, [2]string{"Authorization", "Basic " + pair})
}

func (p *parser) last() *loadgen.Request { return &p.file.Requests[len(p.file.Requests)-1] }

// comment skips a comment, or takes from it what is meant for weir.
func (p *parser) comment(text string) error {
	setting, ours := strings.CutPrefix(text, "weir:")
	if p.at != between {
		p.at = among
		if ours {
			return errors.New("a setting inside a request: put an empty line before it")
		}
	}
	if !ours {
		return nil
	}
	key, value, _ := strings.Cut(setting, "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	if key != "weight" {
		return fmt.Errorf("setting %q is not known: the one setting is weight, as in # weir: weight=3", key)
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > loadgen.MaxWeight {
		return fmt.Errorf("weight %q: write a whole number from 1 to %d", value, loadgen.MaxWeight)
	}
	if p.weight != 0 {
		return errors.New("a second weight for one request: keep one")
	}
	p.weight = n
	return nil
}

// stray says what is wrong with a line that stands outside a request and begins none.
func stray(text string) error {
	switch {
	case text[0] == '{':
		return errors.New("this looks like targets in JSON: write them as METHOD URL, one a line")
	case text[0] == '@':
		return errors.New("a body without a request: put it straight below its request's line and headers")
	case strings.Contains(text, "://") || strings.Contains(text, " /"):
		return errors.New("not a request: write METHOD URL, the method in capitals, like GET /path")
	case strings.Contains(text, ":"):
		return errors.New("a header without a request: put it straight below its request's line, before the body")
	}
	return errors.New("not a request: write METHOD URL, like GET http://127.0.0.1:8000/")
}
