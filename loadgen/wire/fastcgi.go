package wire

import (
	"net/url"
	"slices"
	"strings"

	"weir/loadgen"
	"weir/loadgen/fcgi"
)

// param is one of a FastCGI request's name-value pairs.
type param struct {
	name  string
	value []piece
}

// newFastCGI lays a request out as NGINX does with its fastcgi_params (RFC 3875 section 4.1 has the names).
// The URL's path is that of the script, as the server has it: /srv/app/index.php. What follows .php/ goes to
// the script as its PATH_INFO.
func newFastCGI(r loadgen.Request, t loadgen.Target) kind {
	k := kind{head: r.Method == "HEAD", keep: t.Connections == loadgen.Reuse}
	add := func(name, value string) { k.params = append(k.params, param{name, template(value)}) }
	given := func(name string) bool {
		return slices.ContainsFunc(r.Headers, func(h [2]string) bool { return strings.EqualFold(h[0], name) })
	}
	path, query, _ := strings.Cut(r.URI, "?")
	if plain, err := url.PathUnescape(path); err == nil {
		path = plain
	}
	script, info := path, ""
	if i := strings.Index(path, ".php/"); i >= 0 {
		script, info = path[:i+len(".php")], path[i+len(".php"):]
	}
	add("SCRIPT_FILENAME", script)
	add("SCRIPT_NAME", script)
	if info != "" {
		add("PATH_INFO", info)
	}
	add("DOCUMENT_URI", path)
	add("REQUEST_URI", r.URI)
	add("QUERY_STRING", query)
	add("REQUEST_METHOD", r.Method)
	add("SERVER_PROTOCOL", "HTTP/1.1")
	add("GATEWAY_INTERFACE", "CGI/1.1")
	add("SERVER_SOFTWARE", "weir")
	name, port, _ := strings.Cut(r.Host, ":")
	add("SERVER_NAME", name)
	if port != "" {
		add("SERVER_PORT", port)
	}
	add("REMOTE_ADDR", "127.0.0.1")
	if !given("Host") {
		add("HTTP_HOST", r.Host)
	}
	if !given("User-Agent") {
		add("HTTP_USER_AGENT", "weir")
	}
	for _, h := range r.Headers {
		add(headerParam(h[0]), h[1])
	}
	if t.RequestIDs && !given("X-Request-Id") {
		k.params = append(k.params, param{"HTTP_X_REQUEST_ID", []piece{{"", id}}})
	}
	k.pieces = template(string(r.Body))
	k.seqs = len(k.pieces) - 1
	k.body = len(r.Body) - k.seqs*len(loadgen.SeqVariable)
	if len(r.Body) > 0 {
		k.params = append(k.params, param{"CONTENT_LENGTH", []piece{{"", length}}})
	}
	if k.constant() {
		k.whole = k.append(nil, place{})
	}
	return k
}

// headerParam is the name under which a header reaches an application, RFC 3875 section 4.1.18.
func headerParam(name string) string {
	name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	if name == "CONTENT_TYPE" {
		return name
	}
	return "HTTP_" + name
}

// template cuts a text at each {{seq}}; the last piece has none.
func template(s string) (pieces []piece) {
	parts := strings.Split(s, loadgen.SeqVariable)
	for i, part := range parts {
		p := piece{part, seq}
		if i == len(parts)-1 {
			p.then = nothing
		}
		pieces = append(pieces, p)
	}
	return pieces
}

func (k *kind) appendFastCGI(to []byte, at place) []byte {
	var params, value []byte
	for _, p := range k.params {
		value = k.appendPieces(value[:0], p.value, at)
		params = fcgi.AppendParam(params, p.name, string(value))
	}
	return fcgi.AppendRequest(to, params, k.appendPieces(nil, k.pieces, at), k.keep)
}
