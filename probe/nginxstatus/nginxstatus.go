// Package nginxstatus polls NGINX's stub_status (ngx_http_stub_status_module): how many connections it has and
// how many it had.
//
// Its opinion: these numbers are cheap and blind. NGINX counts a connection after accept(), so that one which waits
// in its accept queue is in none of them; and the poll stands in the same queue as everybody else, unless the
// status has a listener of its own (a unix socket that only its administrator can open does well). The poll itself
// is counted too: one connection, kept open, and one request each time.
package nginxstatus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"weir/probe"
)

// Every is how often NGINX is asked: often enough to see a backlog grow in the trials of a few seconds, and too
// seldom to be a load.
const Every = 500 * time.Millisecond

// Names of the gauges and counters in a sample.
const (
	Active   = "nginx_active"
	Reading  = "nginx_reading"
	Writing  = "nginx_writing"
	Waiting  = "nginx_waiting"
	Accepts  = "nginx_accepts"
	Handled  = "nginx_handled"
	Requests = "nginx_requests"
)

// Source is what the error of a poll that failed goes under.
const Source = "nginx.status"

const (
	maxReply = 4 << 10
	patience = 2 * time.Second // for an answer: an overloaded listener may have to drop a SYN first
)

// Poller asks one NGINX.
type Poller struct {
	host   string
	url    string
	client *http.Client
}

// SampleHost is what the samples of the NGINX on a host go under: the host's own are its kernel's.
func SampleHost(host string) string { return host + "/nginx" }

// New makes a Poller of a URL, http or https, or of unix:/path/of/a/socket, of the NGINX on a host.
func New(host, address string) (*Poller, error) {
	p := &Poller{host: SampleHost(host), url: address}
	transport := &http.Transport{Proxy: nil, MaxIdleConns: 1, MaxResponseHeaderBytes: maxReply}
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		p.url = "http://nginx/"
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}
	} else if u, err := url.Parse(address); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("%q is neither a URL, as http://127.0.0.1:8081/status, nor unix:/path/of/a/socket", address)
	}
	p.client = &http.Client{
		Transport: transport, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p, nil
}

// Close gives up the connection.
func (p *Poller) Close() error {
	p.client.CloseIdleConnections()
	return nil
}

// Run polls until ctx ends. A poll that fails is a sample with an error and no counters.
func (p *Poller) Run(ctx context.Context, epoch time.Time, record func(probe.Sample)) {
	ticker := time.NewTicker(Every) // drops ticks while an answer is waited for
	defer ticker.Stop()
	for {
		if s := p.Read(ctx, epoch); ctx.Err() == nil {
			record(s)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Read polls once. The sample's time is when the answer had come, for only then it is known that NGINX had counted.
func (p *Poller) Read(ctx context.Context, epoch time.Time) probe.Sample {
	began := time.Now()
	values, err := p.ask(ctx)
	took := time.Since(began)
	s := probe.Sample{Host: p.host, At: time.Since(epoch), Took: took}
	if err != nil {
		s.Errors = []probe.SourceError{{Source: Source, Text: err.Error()}}
		return s
	}
	s.Gauges = map[string]uint64{Active: values[0], Reading: values[4], Writing: values[5], Waiting: values[6]}
	s.Counters = map[string]uint64{Accepts: values[1], Handled: values[2], Requests: values[3]}
	return s
}

func (p *Poller) ask(ctx context.Context) (values [7]uint64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return values, err
	}
	req.Header.Set("User-Agent", "weir")
	resp, err := p.client.Do(req)
	if err != nil {
		return values, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return values, fmt.Errorf("%s answered with status %d: is stub_status on there, and may this address read it (allow)?", p.url, resp.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return values, err
	}
	values, err = parse(text)
	if err != nil {
		return values, fmt.Errorf("%s: %w", p.url, err)
	}
	return values, nil
}

// form is the whole answer, with # for a number (src/http/modules/ngx_http_stub_status_module.c).
const form = "Active connections: # server accepts handled requests # # # Reading: # Writing: # Waiting: #"

var errForm = errors.New("the answer is not stub_status's")

// parse reads active, accepts, handled, requests, reading, writing and waiting.
func parse(text []byte) (values [7]uint64, err error) {
	words, want := bytes.Fields(text), strings.Fields(form)
	if len(words) != len(want) {
		return values, errForm
	}
	i := 0
	for k, word := range words {
		if want[k] != "#" {
			if string(word) != want[k] {
				return values, errForm
			}
			continue
		}
		if values[i], err = strconv.ParseUint(string(word), 10, 64); err != nil {
			return values, errForm
		}
		i++
	}
	return values, nil
}
