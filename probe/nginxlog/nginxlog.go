// Package nginxlog says which mechanism a line of an NGINX log speaks of. A status alone cannot: a 502
// may be a full queue on a unix socket, a killed worker or a lack of ports; the error log's message,
// errno and phase tell them apart, and so does the access log when it is written in AccessFormat.
//
// It is no log analyser: it joins nothing, counts nothing and keeps no state but a file's position.
// Every line is hostile: clients choose much of what is in it. Lines are classified by what NGINX itself
// wrote at their beginning, never by searching the whole of them, and what is kept for people is
// bounded and stripped of control characters. Whoever renders it still has to escape it.
package nginxlog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line is what one log line says.
type Line struct {
	Source string // "nginx.error" or "nginx.access"
	Class  string // the mechanism: see the Class constants, and AccessFormat for those of the access log
	Level  string // error log: "info" … "emerg"
	Errno  int    // error log: as NGINX logged it, 0 where it did not
	// error log: NGINX's words after "while"; access log: "none", "connect", "header", "response"
	Phase string
	// the peer, as in $upstream_addr: "127.0.0.1:8000", "unix:/run/app.sock"; the last one tried
	Upstream string
	Text     string // the message, for people: at most maxText bytes, no control characters
}

const (
	ErrorSource  = "nginx.error"
	AccessSource = "nginx.access"

	maxText = 400
	maxName = 128
)

// clean makes hostile bytes safe to keep: valid UTF-8, nothing that moves a cursor, hides or reorders
// text, and no more than limit bytes.
func clean(text []byte, limit int) string {
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if b.Len()+utf8.RuneLen(r) > limit {
			break
		}
		text = text[n:]
		switch {
		case r == '\t':
			b.WriteByte(' ')
		case unicode.In(r, unicode.C, unicode.Zl,
			unicode.Zp): // controls, formats such as bidi overrides, line separators
		default:
			b.WriteRune(r) // a wrong byte becomes U+FFFD
		}
	}
	return b.String()
}
