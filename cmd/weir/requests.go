package main

import (
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"weir/loadgen"
	"weir/loadgen/targets"
)

// requestFlags say what is sent.
type requestFlags struct {
	method, body string
	targets      string
	headers      []string
	noRequestID  bool
	notes        []string // what is to be said before the load
}

func (r *requestFlags) register(f *pflag.FlagSet) {
	f.StringVar(&r.targets, "targets", "", "`file` of requests that are sent in turn (weir help targets)")
	f.StringVarP(&r.method, "request", "X", "GET", "request `method`")
	f.StringArrayVarP(&r.headers, "header", "H", nil, "request header, `'Name: value'`; may be repeated")
	f.StringVar(&r.body, "body", "", "request body: `text`, or @file")
	f.BoolVar(&r.noRequestID, "no-request-id", false,
		"do not send the header X-Request-Id, which joins the proxy's access log with the record")
}

// apply checks the flags and fills in what a target sends.
func (r *requestFlags) apply(out *loadgen.Target) (err error) {
	out.Method, out.RequestIDs = r.method, !r.noRequestID
	if !token(r.method) {
		return usage("--request %s is not an HTTP method", quoted(r.method))
	}
	for _, h := range r.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || !token(name) || strings.ContainsAny(value, "\r\n") {
			return usage("--header %s is not of the form 'Name: value'", quoted(h))
		}
		out.Headers = append(out.Headers, [2]string{name, strings.TrimSpace(value)})
	}
	out.Body, err = readBody(r.body)
	return err
}

// read reads the file of requests, if there is one.
func (r *requestFlags) read() (*targets.File, error) {
	switch {
	case r.targets == "":
		return &targets.File{}, nil
	case r.method != "GET":
		return nil, usage("--request and --targets exclude each other: each request of the file has its own method")
	case r.body != "":
		return nil, usage("--body and --targets exclude each other: name a request's body in the file, below its headers, as @FILE")
	}
	f, err := os.Open(r.targets)
	if err != nil {
		return nil, usage("--targets: %w", err)
	}
	defer f.Close()
	file, err := targets.Read(f, r.targets, func(path string) (io.ReadCloser, error) { return os.Open(path) })
	if err != nil {
		return nil, usage("--targets: %w", err)
	}
	r.notes = file.Notes
	return file, nil
}

// maxRequestBody bounds --body @file: the whole body is kept in memory and sent with every request.
const maxRequestBody = 64 << 20

func readBody(arg string) ([]byte, error) {
	name, isFile := strings.CutPrefix(arg, "@")
	if !isFile {
		return []byte(arg), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usage("--body: %w", err)
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, maxRequestBody+1))
	if err != nil {
		return nil, usage("--body: %w", err)
	}
	if len(body) > maxRequestBody {
		return nil, usage("--body: %s is larger than %d MiB", name, maxRequestBody>>20)
	}
	return body, nil
}

// token reports whether s is a token of RFC 9110 §5.6.2, as methods and header names must be.
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// withoutValue is a header as it may be recorded.
func withoutValue(header string) string {
	name, _, _ := strings.Cut(header, ":")
	return name + ": …"
}
