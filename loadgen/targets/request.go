package targets

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"weir/loadgen"
)

// request begins a request.
func (p *parser) request(method, address string) error {
	weight := cmp.Or(p.weight, 1)
	p.weight = 0
	if err := p.end(); err != nil {
		return err
	}
	where, err := split(address)
	if err != nil {
		return err
	}
	r := loadgen.Request{Weight: weight, Method: method, URI: where.uri}
	p.origin(where.origin)
	if p.weights += weight; p.weights > loadgen.MaxWeight {
		return fmt.Errorf("more than %d requests, counted by their weights: leave some out, or make the weights smaller", loadgen.MaxWeight)
	}
	p.file.Requests = append(p.file.Requests, r)
	p.at, p.user = afterLine, where.user
	return check(where.origin, r)
}

// origin notes the origin of a request's URL.
func (p *parser) origin(origin string) {
	p.origins = append(p.origins, origin)
	if origin == "" || slices.Contains(p.file.Origins, origin) {
		return
	}
	if p.file.Origins = append(p.file.Origins, origin); len(p.file.Origins) == 2 {
		p.file.second = p.line
	}
}

// hosts gives each request the host of its URL, if it has one: it is what the server is asked for, wherever
// the connections go.
func (p *parser) hosts() {
	for i, origin := range p.origins {
		if r := &p.file.Requests[i]; r.Host == "" && origin != "" {
			_, r.Host, _ = strings.Cut(origin, "://")
		}
	}
}

// check asks loadgen whether it would send the request, so that here and there the same is allowed.
func check(origin string, r loadgen.Request) error {
	_, err := loadgen.Target{URL: cmp.Or(origin, "http://localhost"),
		Requests: []loadgen.Request{r}}.Complete()
	return err
}

func (p *parser) header(text string) error {
	p.at = among
	name, value, found := strings.Cut(text, ":")
	if !found {
		return errors.New("not a header: write Name: value, or @body-file, or put an empty line before the next request")
	}
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if framing(name) {
		p.lengths = append(p.lengths, declared{p.line, name, value})
		return nil
	}
	r := p.last()
	if !strings.EqualFold(name, "Host") {
		r.Headers = append(r.Headers, [2]string{name, value})
		return check("", loadgen.Request{Headers: [][2]string{{name, value}}})
	}
	if r.Host != "" || value == "" {
		return errors.New("header Host: give it once, with a value")
	}
	r.Host = value
	return check("", loadgen.Request{Host: value})
}

// body reads the body file of a request, which ends it.
func (p *parser) body(path string) error {
	if path == "" {
		return errors.New("@ names no file: write @body-file, or leave the line out for an empty body")
	}
	path = filepath.Clean(path)
	body, known := p.bodies[path]
	if !known {
		var err error
		if body, err = p.load(path); err != nil {
			return fmt.Errorf("body: %w", err)
		}
		p.bodies[path] = body
	}
	p.last().Body = body
	return p.end()
}

func (p *parser) load(path string) ([]byte, error) {
	f, err := p.open(path)
	if beside := filepath.Join(filepath.Dir(p.name), path); errors.Is(err, fs.ErrNotExist) &&
		!filepath.IsAbs(path) && beside != path {
		if f, err = p.open(beside); errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%s is neither in the working directory nor beside the file: %w", path,
				fs.ErrNotExist)
		}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("%s is longer than %d MiB: send less at once", path, maxBody>>20)
	}
	return body, p.hold(len(body))
}

// hold counts what is kept in memory.
func (p *parser) hold(bytes int) error {
	if p.held += bytes; p.held > maxHeld {
		return fmt.Errorf("the file and its bodies hold more than %d MiB: send fewer or shorter ones",
			maxHeld>>20)
	}
	return nil
}
