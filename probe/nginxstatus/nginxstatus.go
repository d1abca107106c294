// Package nginxstatus polls NGINX's stub_status (ngx_http_stub_status_module): how many connections it has
// and how many it had.
//
// Its opinion: these numbers are cheap and blind. NGINX counts a connection after accept(), so that one which
// waits in its accept queue is in none of them; and the poll stands in the same queue as everybody else,
// unless the status has a listener of its own (a unix socket that only its administrator can open does well).
// The poll itself is counted too: one connection, kept open, and one request each time.
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
)

// Every is how often NGINX is asked: often enough to see a backlog grow in the trials of a few seconds, and
// too seldom to be a load.
const Every = 500 * time.Millisecond

// Poll is one question, and its answer.
type Poll struct {
	Host string `json:"host"` // of the NGINX
	// when the answer had come: only then is it known that NGINX had counted
	At     time.Duration `json:"at"`
	Took   time.Duration `json:"took"`             // how long the poll took
	Status *Status       `json:"status,omitempty"` // nil: there was no answer
	Error  string        `json:"error,omitempty"`  // why there was none
}

// Status is what NGINX says of its connections.
type Status struct {
	Active  uint64 `json:"active"`  // open now: Reading, Writing and Waiting
	Reading uint64 `json:"reading"` // of which a request is being read
	Writing uint64 `json:"writing"` // to which an answer is being made or written
	Waiting uint64 `json:"waiting"` // kept, without a request
	Accepts uint64 `json:"accepts"` // that it accepted since it was started
	// of Accepts: those that it did not close at once, for want of worker_connections
	Handled  uint64 `json:"handled"`
	Requests uint64 `json:"requests"` // since it was started
}

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

// New makes a Poller of a URL, http or https, or of unix:/path/of/a/socket, of the NGINX on a host.
func New(host, address string) (*Poller, error) {
	p := &Poller{host: host, url: address}
	transport := &http.Transport{Proxy: nil, MaxIdleConns: 1, MaxResponseHeaderBytes: maxReply}
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		p.url = "http://nginx/"
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}
	} else if u, err := url.Parse(address); err != nil || (u.Scheme != "http" && u.Scheme != "https") ||
		u.Host == "" {
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

// Run polls until ctx ends.
func (p *Poller) Run(ctx context.Context, epoch time.Time, record func(Poll)) {
	ticker := time.NewTicker(Every) // drops ticks while an answer is waited for
	defer ticker.Stop()
	for {
		if poll := p.Read(ctx, epoch); ctx.Err() == nil {
			record(poll)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Read polls once.
func (p *Poller) Read(ctx context.Context, epoch time.Time) Poll {
	began := time.Now()
	status, err := p.ask(ctx)
	poll := Poll{Host: p.host, At: time.Since(epoch), Took: time.Since(began), Status: status}
	if err != nil {
		poll.Error = err.Error()
	}
	return poll
}

func (p *Poller) ask(ctx context.Context) (*Status, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "weir")
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered with status %d: is stub_status on there, and may this address read it (allow)?", p.url, resp.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return nil, err
	}
	status, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.url, err)
	}
	return status, nil
}

// form is the whole answer, with # for a number (src/http/modules/ngx_http_stub_status_module.c).
const form = "Active connections: # server accepts handled requests # # # Reading: # Writing: # Waiting: #"

var errForm = errors.New("the answer is not stub_status's")

func parse(text []byte) (*Status, error) {
	words, want := bytes.Fields(text), strings.Fields(form)
	if len(words) != len(want) {
		return nil, errForm
	}
	var s Status
	values := []*uint64{&s.Active, &s.Accepts, &s.Handled, &s.Requests, &s.Reading, &s.Writing, &s.Waiting}
	for k, word := range words {
		if want[k] != "#" {
			if string(word) != want[k] {
				return nil, errForm
			}
			continue
		}
		n, err := strconv.ParseUint(string(word), 10, 64)
		if err != nil {
			return nil, errForm
		}
		*values[0], values = n, values[1:]
	}
	return &s, nil
}
