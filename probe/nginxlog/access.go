package nginxlog

import (
	"encoding/json"
	"time"
)

// AccessFormat is the body of the log_format that ParseRequest reads:
//
//	log_format weir escape=json '…';
//	access_log /path/access.json weir;
//
// Every value is a string, so that a line stays JSON whatever a variable holds; an absent one is empty.
// request_id is NGINX's own, client_id what the client sent in X-Request-Id. After a retry the upstream
// fields are lists, one entry a try (http://nginx.org/en/docs/http/ngx_http_upstream_module.html#variables).
const AccessFormat = `{"msec":"$msec","request_id":"$request_id","client_id":"$http_x_request_id",` +
	`"status":"$status","request_time":"$request_time","upstream_addr":"$upstream_addr",` +
	`"upstream_status":"$upstream_status","upstream_connect_time":"$upstream_connect_time",` +
	`"upstream_header_time":"$upstream_header_time","upstream_response_time":"$upstream_response_time"}`

// Request is what the access log says of one request. What NGINX did not log is nil, or 0 for a status.
type Request struct {
	// X-Request-Id as the client sent it: hostile, at most maxName bytes
	ID string `json:"-"`
	// when NGINX wrote the line, since the Unix epoch, by its own clock
	Ended  *time.Duration `json:"-"`
	Status int            `json:"status,omitempty"` // what the client was answered; 499: it did not wait
	// $request_time: from the first byte of the request to the last of the answer
	Took *time.Duration `json:"took,omitempty"`
	// in the order in which they were made: the last maxTries of them
	Tries []Try `json:"tries,omitempty"`
	More  int   `json:"more,omitempty"` // tries before those
}

// ParseRequest reads one line in AccessFormat. It answers false for anything else.
func ParseRequest(line []byte) (Request, bool) {
	var r struct {
		Msec     string  `json:"msec"`
		ID       string  `json:"client_id"`
		Status   *string `json:"status"`
		Took     string  `json:"request_time"`
		Addr     *string `json:"upstream_addr"`
		Upstream string  `json:"upstream_status"`
		Connect  string  `json:"upstream_connect_time"`
		Header   string  `json:"upstream_header_time"`
		Response string  `json:"upstream_response_time"`
	}
	if len(line) > maxLine || json.Unmarshal(line, &r) != nil || r.Status == nil || r.Addr == nil {
		return Request{}, false
	}
	out := Request{ID: clean([]byte(r.ID), maxName), Ended: seconds(r.Msec), Status: number(*r.Status),
		Took: seconds(r.Took)}
	out.Tries, out.More = tries(*r.Addr, r.Upstream, r.Connect, r.Header, r.Response)
	return out, true
}

// Final is the try whose answer the client got; false where no upstream was asked.
func (r Request) Final() (Try, bool) {
	if len(r.Tries) == 0 {
		return Try{}, false
	}
	return r.Tries[len(r.Tries)-1], true
}

// How far the last try came.
const (
	phaseNone     = "none"     // no upstream was tried
	phaseConnect  = "connect"  // it did not get a connection
	phaseHeader   = "header"   // connected, but no response header came
	phaseResponse = "response" // the header came; the body may still have broken off
)

// Class is status/upstream status/phase, where the upstream status is that of the last try, "-" if it had
// none, and phase is none, connect, header or response; "/retried" is added when more than one peer was
// tried. So 504/504/connect is a connect timeout, 502/502/header a connection that was reset or closed,
// 499/-/header a client that gave up while the backend worked, 200/200/response/retried a failure that the
// client never saw.
func (r Request) Class() string {
	last, asked := r.Final()
	phase := phaseNone
	if asked {
		phase = last.phase()
	}
	class := statusText(r.Status) + "/" + statusText(last.Status) + "/" + phase
	if len(r.Tries)+r.More > 1 {
		class += "/retried"
	}
	return class
}

// Line is the same as ParseAccess makes of the line that the request was read from.
func (r Request) Line(line []byte) Line {
	l := Line{Source: AccessSource, Class: r.Class(), Phase: phaseNone, Text: clean(line, maxText)}
	if last, asked := r.Final(); asked {
		l.Phase, l.Upstream = last.phase(), last.Addr
	}
	return l
}

// ParseAccess reads one line in AccessFormat and says no more of it than its class. It answers false for
// anything else.
func ParseAccess(line []byte) (Line, bool) {
	r, ok := ParseRequest(line)
	if !ok {
		return Line{}, false
	}
	return r.Line(line), true
}
