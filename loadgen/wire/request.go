// Package wire is what all engines put on the wire and read off it alike: the address that a target
// means, the bytes of its request, and the names of what came back. That two engines load a server in
// the same way rests on it. It opens no connections.
package wire

import (
	"net/url"
	"strings"

	"github.com/valyala/fasthttp"

	"weir/loadgen"
)

// Request returns the request as it goes on the wire, head and body. All requests of a target are the
// same bytes, so they are written once, here, and each request is one write(2).
//
// fasthttp's own choice and order of headers is turned off: what the user gave is sent in that order,
// under those names, and only what HTTP/1.1 needs is added where it is missing.
func Request(t loadgen.Target, u *url.URL) []byte {
	var h fasthttp.RequestHeader
	h.DisableSpecialHeader()
	h.DisableNormalizing()
	h.SetMethod(t.Method)
	h.SetRequestURI(u.RequestURI())
	given := map[string]bool{}
	for _, field := range t.Headers {
		given[strings.ToLower(field[0])] = true
	}
	add := func(name, value string) {
		if !given[strings.ToLower(name)] {
			h.Add(name, value)
		}
	}
	add("Host", u.Host)
	add("User-Agent", "weir")
	for _, field := range t.Headers {
		h.Add(field[0], field[1])
	}
	if t.Connections == loadgen.New {
		add("Connection", "close")
	}
	if len(t.Body) > 0 || t.Method == "POST" || t.Method == "PUT" || t.Method == "PATCH" {
		h.Add("Content-Length", string(fasthttp.AppendUint(nil, len(t.Body)))) // RFC 9110 section 8.6
	}
	return append(h.AppendBytes(nil), t.Body...)
}
