package epoll

import (
	"net/url"
	"strconv"
	"strings"

	"weir/loadgen"
)

// render returns the request as it goes on the wire, head and body. All requests of a target are the
// same bytes. What the user gave is sent in that order, under those names, and only what HTTP/1.1
// needs is added where it is missing: the bytes are package portable's.
func render(t loadgen.Target, u *url.URL) []byte {
	b := []byte(t.Method + " " + u.RequestURI() + " HTTP/1.1\r\n")
	add := func(name, value string) { b = append(b, name+": "+value+"\r\n"...) }
	given := map[string]bool{}
	for _, field := range t.Headers {
		given[strings.ToLower(field[0])] = true
	}
	if !given["host"] {
		add("Host", u.Host)
	}
	if !given["user-agent"] {
		add("User-Agent", "weir")
	}
	for _, field := range t.Headers {
		add(field[0], field[1])
	}
	if t.Connections == loadgen.New && !given["connection"] {
		add("Connection", "close")
	}
	if len(t.Body) > 0 || t.Method == "POST" || t.Method == "PUT" || t.Method == "PATCH" {
		add("Content-Length", strconv.Itoa(len(t.Body))) // RFC 9110 section 8.6
	}
	return append(append(b, "\r\n"...), t.Body...)
}
