package nginxlog

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxTries bounds the tries that are kept of a request; NGINX has as many as its group has servers.
const maxTries = 16

// Try is one attempt of NGINX to get an answer from an upstream server.
type Try struct {
	// "127.0.0.1:8000", "unix:/run/app.sock", or a group's name where none of its servers was live
	Addr string `json:"addr"`
	// the server's, or the 502 or 504 that NGINX made of its failure; 0: none
	Status  int            `json:"status,omitempty"`
	Connect *time.Duration `json:"connect,omitempty"` // until connected, TLS included; nil: never
	// until the response header had come, connecting included; nil: never
	Header   *time.Duration `json:"header,omitempty"`
	Response *time.Duration `json:"response,omitempty"` // until the try ended, well or not
}

// Asked tells a try at a server from the entry that NGINX logs under the group's name where it took every
// server for dead ("no live upstreams") and asked none: a server has a port or is a unix socket.
func (t Try) Asked() bool { return strings.Contains(t.Addr, ":") }

// Spent divides a try's time into connecting, waiting for the response header, and the body. Where NGINX
// logged "-" because the try did not come that far, all of the time went into the phase in which it failed.
func (t Try) Spent() (connect, header, body time.Duration) {
	total := longest(t.Connect, t.Header, t.Response)
	connected, headed := total, total
	switch {
	case t.Connect != nil:
		connected = *t.Connect
	case t.Header != nil: // it must have been connected
		connected = 0
	}
	if t.Header != nil {
		headed = max(*t.Header, connected)
	}
	return connected, headed - connected, total - headed
}

func longest(ts ...*time.Duration) (d time.Duration) {
	for _, t := range ts {
		if t != nil {
			d = max(d, *t)
		}
	}
	return d
}

// phase relies on NGINX writing "-" for what was not reached (ngx_http_upstream_response_time_variable).
func (t Try) phase() string {
	switch {
	case t.Header != nil:
		return phaseResponse
	case t.Connect != nil:
		return phaseHeader
	}
	return phaseConnect
}

// tries puts the lists together. NGINX writes all of them from one array (r->upstream_states), so that
// they have an entry each; a list of another length is not NGINX's, and nobody knows whose its entries are.
func tries(addrs, statuses, connects, headers, responses string) (list []Try, more int) {
	of := entries(addrs)
	if len(of) == 0 {
		return nil, 0
	}
	same := func(text string) []string {
		if e := entries(text); len(e) == len(of) {
			return e
		}
		return make([]string, len(of))
	}
	status, connect, header, response := same(statuses), same(connects), same(headers), same(responses)
	from := max(0, len(of)-maxTries) // the last ones: that of the answer is among them
	for i := from; i < len(of); i++ {
		list = append(list, Try{
			Addr: clean([]byte(of[i]), maxName), Status: number(status[i]),
			Connect: seconds(connect[i]), Header: seconds(header[i]), Response: seconds(response[i]),
		})
	}
	return list, from
}

// entries splits a list: tries are parted by ", ", and by " : " where an internal redirect began anew
// (ngx_http_upstream_addr_variable). It ends in one of those where the redirect led to no upstream in the
// end.
func entries(list string) []string {
	if list = strings.TrimSuffix(list, " : "); list == "" {
		return nil
	}
	return strings.Split(strings.ReplaceAll(list, " : ", ", "), ", ")
}

// number is a status of three digits, and 0 for anything else, so that there are few classes whatever is in
// the log.
func number(s string) int {
	if len(s) != 3 || strings.Trim(s, "0123456789") != "" {
		return 0
	}
	n, _ := strconv.Atoi(s)
	return n
}

func statusText(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%03d", n)
}

// seconds reads NGINX's form of a time, seconds with three decimals; nil for "-" and for anything else.
func seconds(s string) *time.Duration {
	whole, part, ok := strings.Cut(s, ".")
	if !ok || len(whole) > 10 || len(part) != 3 { // ten digits hold $msec until the year 2286
		return nil
	}
	n, err := strconv.ParseUint(whole+part, 10, 64)
	if err != nil || n > uint64(1<<63-1)/uint64(time.Millisecond) {
		return nil
	}
	d := time.Duration(n) * time.Millisecond
	return &d
}
