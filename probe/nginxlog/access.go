package nginxlog

import (
	"encoding/json"
	"strings"
)

// AccessFormat is the body of the log_format that ParseAccess reads:
//
//	log_format weir escape=json '…';
//	access_log /path/access.json weir;
//
// Every value is a string, so that a line stays JSON whatever a variable holds; an absent one is empty.
// request_id is NGINX's own, client_id what the client sent in X-Request-Id. After a retry the upstream
// fields are lists, one entry a try.
const AccessFormat = `{"msec":"$msec","request_id":"$request_id","client_id":"$http_x_request_id",` +
	`"status":"$status","request_time":"$request_time","upstream_addr":"$upstream_addr",` +
	`"upstream_status":"$upstream_status","upstream_connect_time":"$upstream_connect_time",` +
	`"upstream_header_time":"$upstream_header_time","upstream_response_time":"$upstream_response_time"}`

// How far the last try came.
const (
	phaseNone     = "none"     // no upstream was tried
	phaseConnect  = "connect"  // it did not get a connection
	phaseHeader   = "header"   // connected, but no response header came
	phaseResponse = "response" // the header came; the body may still have broken off
)

// ParseAccess reads one line in AccessFormat. It answers false for anything else.
//
// The class is status/upstream status/phase, where the upstream status is that of the last try, "-" if
// it had none, and phase is none, connect, header or response; "/retried" is added when more than
// one peer was tried. So 504/504/connect is a connect timeout, 502/502/header a connection that was
// reset or closed, 499/-/header a client that gave up while the backend worked, 200/200/response/retried a failure
// that the client never saw.
func ParseAccess(line []byte) (Line, bool) {
	var r struct {
		Status   *string `json:"status"`
		Addr     *string `json:"upstream_addr"`
		Upstream string  `json:"upstream_status"`
		Connect  string  `json:"upstream_connect_time"`
		Header   string  `json:"upstream_header_time"`
	}
	if len(line) > maxLine || json.Unmarshal(line, &r) != nil || r.Status == nil || r.Addr == nil {
		return Line{}, false
	}
	l := Line{Source: accessSource, Phase: phaseNone, Text: clean(line, maxText)}
	peer, tries := last(*r.Addr)
	if tries > 0 {
		connect, _ := last(r.Connect)
		header, _ := last(r.Header)
		l.Upstream, l.Phase = clean([]byte(peer), maxName), phaseOf(connect, header)
	}
	upstream, _ := last(r.Upstream)
	l.Class = status(*r.Status) + "/" + status(upstream) + "/" + l.Phase
	if tries > 1 {
		l.Class += "/retried"
	}
	return l, true
}

// phaseOf relies on NGINX writing "-" for what was not reached (ngx_http_upstream_response_time_variable).
func phaseOf(connect, header string) string {
	switch {
	case connect == "" || connect == "-":
		return phaseConnect
	case header == "" || header == "-":
		return phaseHeader
	}
	return phaseResponse
}

// last takes the last entry of a list: tries are parted by ", ", and by " : " where an internal redirect
// began anew.
func last(list string) (entry string, tries int) {
	if list == "" {
		return "", 0
	}
	tries = 1 + strings.Count(list, ", ") + strings.Count(list, " : ")
	if i := strings.LastIndex(list, ", "); i >= 0 {
		list = list[i+2:]
	}
	if i := strings.LastIndex(list, " : "); i >= 0 {
		list = list[i+3:]
	}
	return list, tries
}

// status keeps three digits and nothing else, so that there are few classes whatever is in the log.
func status(s string) string {
	if len(s) != 3 || strings.Trim(s, "0123456789") != "" {
		return "-"
	}
	return s
}
