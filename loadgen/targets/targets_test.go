package targets

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"weir/loadgen"
)

// folder opens files from memory, and counts.
type folder struct {
	files map[string]string
	opens int
}

func (f *folder) open(path string) (io.ReadCloser, error) {
	f.opens++
	text, ok := f.files[filepath.ToSlash(path)]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func read(text string) (*File, error) {
	f := folder{files: map[string]string{"dir/thing.json": `{"n":{{seq}},"t":"{{other}}"}`, "/abs": "abs"}}
	return Read(strings.NewReader(text), "dir/targets.txt", f.open)
}

func TestRead(t *testing.T) {
	const o = "http://h:8000"
	one := func(uri string) *File {
		return &File{Origins: []string{o},
			Requests: []loadgen.Request{{Weight: 1, Method: "GET", URI: uri, Host: "h:8000"}}}
	}
	with := func(r loadgen.Request) *File {
		r.Weight, r.Method, r.URI = max(r.Weight, 1), "POST", "/"
		if r.Host == "" {
			r.Host = "h:8000"
		}
		return &File{Origins: []string{o}, Requests: []loadgen.Request{r}}
	}
	json := []byte(`{"n":{{seq}},"t":"{{other}}"}`)
	for text, want := range map[string]*File{
		"GET http://h:8000":                         one("/"),
		"GET http://h:8000?q=1":                     one("/?q=1"),
		"  GET \t http://h:8000/a?q=%41#part\r\n":   one("/a?q=%41"),
		"GET http://h:8000/a%2Fb/{{seq}}?n={{seq}}": one("/a%2Fb/{{seq}}?n={{seq}}"),
		"GET http://h:8000/a|b/é":                   one("/a%7Cb/%C3%A9"),
		"GET HTTP://H:8000//a/../b":                 one("//a/../b"),
		"# one\n\n#two\nGET http://h:8000/\n# end":  one("/"),
		"GET http://h/\nGET http://h:80/\nGET /c": {Origins: []string{"http://h"},
			Requests: []loadgen.Request{{Weight: 1, Method: "GET", URI: "/", Host: "h"},
				{Weight: 1, Method: "GET", URI: "/", Host: "h"}, {Weight: 1, Method: "GET", URI: "/c"}}},
		"PURGE /b\n\nHEAD https://[::1]:443/": {Origins: []string{"https://[::1]"},
			Requests: []loadgen.Request{{Weight: 1, Method: "PURGE", URI: "/b"},
				{Weight: 1, Method: "HEAD", URI: "/", Host: "[::1]"}}},
		"GET /only": {Requests: []loadgen.Request{{Weight: 1, Method: "GET",
			URI: "/only"}}},

		"POST http://h:8000/\nx-A: 1\n# note\nx-A : {{seq}}:{{y}}\nHost:v\nEmpty:": with(loadgen.Request{Host: "v", Headers: [][2]string{{"x-A", "1"}, {"x-A", "{{seq}}:{{y}}"}, {"Empty", ""}}}),
		"POST http://h:8000/\n@thing.json":                                         with(loadgen.Request{Body: json}),
		"POST http://h:8000/\nA: b\n@ ../dir/./thing.json\n":                       with(loadgen.Request{Body: json, Headers: [][2]string{{"A", "b"}}}),
		"POST http://h:8000/\n@/abs":                                               with(loadgen.Request{Body: []byte("abs")}),
		"# weir: weight=3\nPOST http://h:8000/":                                    with(loadgen.Request{Weight: 3}),
		"#weir:weight = 100000 \n# why\nPOST http://h:8000/":                       with(loadgen.Request{Weight: 100_000}),
		"POST http://u:p%40@h:8000/":                                               with(loadgen.Request{Headers: [][2]string{{"Authorization", "Basic dTpwQA=="}}}),
		"POST http://u:p@h:8000/\nauthorization: own":                              with(loadgen.Request{Headers: [][2]string{{"authorization", "own"}}}),
		"POST http://u@h:8000/\n@/abs":                                             with(loadgen.Request{Body: []byte("abs"), Headers: [][2]string{{"Authorization", "Basic dTo="}}}),
	} {
		got, err := read(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(File{})); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", text, diff)
		}
	}
}

// A body ends its request, so that no empty line is needed, and a file that is named twice is read once.
func TestReadsEachBodyOnce(t *testing.T) {
	f := folder{files: map[string]string{"a": "A"}}
	got, err := Read(strings.NewReader("PUT /1\n@a\nPUT /2\n@./a\n"), "targets.txt", f.open)
	if err != nil || len(got.Requests) != 2 || string(got.Requests[1].Body) != "A" || f.opens != 1 {
		t.Errorf("%+v, %v after %d opens", got, err, f.opens)
	}
}

// TestBodiesAreWhereVegetaHasThem: in the working directory; what is not there may be beside the file.
func TestBodiesAreWhereVegetaHasThem(t *testing.T) {
	f := folder{files: map[string]string{"body": "here", "dir/body": "beside", "dir/own": "own",
		"/abs": "abs"}}
	got, err := Read(strings.NewReader("PUT /\n@body\nPUT /\n@own\nPUT /\n@/abs\nPUT /\n@dir/own"),
		"dir/targets.txt", f.open)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"here", "own", "abs", "own"} {
		if body := string(got.Requests[i].Body); body != want {
			t.Errorf("request %d: %q, want %q", i, body, want)
		}
	}
}

// TestFramingIsNotTheFiles: what frames the body follows from it. What the file says of it is left out, as
// vegeta does, and said where it is something else.
func TestFramingIsNotTheFiles(t *testing.T) {
	for text, note := range map[string]string{
		"PUT /\ncontent-length: 3\n@/abs":          "",
		"PUT /\nContent-Length: 0":                 "",
		"PUT /\nA: b\nContent-Length: 4\n@/abs":    "dir/targets.txt:3: Content-Length: \"4\" is not sent as it stands: the body has 3 bytes",
		"PUT /\nContent-Length: x\nA: b\n@/abs":    "dir/targets.txt:2: Content-Length: \"x\" is not sent as it stands: the body has 3 bytes",
		"PUT /\nContent-Length: 23\n@thing.json":   "dir/targets.txt:2: Content-Length: \"23\" is not sent as it stands: the body's length varies with {{seq}}",
		"PUT /\nTransfer-Encoding: chunked\n@/abs": "dir/targets.txt:2: Transfer-Encoding: \"chunked\" is not sent as it stands: the body has 3 bytes",
	} {
		got, err := read(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if all := strings.Join(got.Notes, "; "); all != note {
			t.Errorf("%q: %q, want %q", text, all, note)
		}
		for _, h := range got.Requests[0].Headers {
			if h[0] != "A" {
				t.Errorf("%q: the header %q is sent", text, h)
			}
		}
	}
	many, err := read(strings.Repeat("GET /\nContent-Length: 9\n\n", 100))
	if err != nil || len(many.Notes) != maxNotes+1 {
		t.Errorf("%d notes, %v", len(many.Notes), err)
	}
}

// TestOneOriginKeepsItsHost: a file for one site is offered to a listener at another address, and asks it for
// that site, as it would if it had two.
func TestOneOriginKeepsItsHost(t *testing.T) {
	got, err := read("GET http://shop.example/1\n\nGET /2")
	if err != nil {
		t.Fatal(err)
	}
	target, err := loadgen.Target{URL: "http://127.0.0.1:8000/", Requests: got.Requests}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	if first, second := target.Requests[0].Host, target.Requests[1].Host; first != "shop.example" ||
		second != "127.0.0.1:8000" || target.Address != "127.0.0.1:8000" {
		t.Errorf("hosts %q and %q at %s", first, second, target.Address)
	}
}

// TestSeveralOrigins: each request keeps its host; where they go is for its user to say.
func TestSeveralOrigins(t *testing.T) {
	got, err := read("GET http://a/1\n\nGET http://b:81/2\nHost: own\n\nGET /3\n\nGET https://b/4\nGET http://A:80/5")
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, r := range got.Requests {
		hosts = append(hosts, r.Host)
	}
	if want := []string{"a", "own", "", "b", "a"}; !slices.Equal(hosts, want) ||
		!slices.Equal(got.Origins, []string{"http://a", "http://b:81", "https://b"}) {
		t.Errorf("hosts %q of %q, want %q", hosts, got.Origins, want)
	}
	if _, err := got.Origin(); err == nil ||
		!strings.HasPrefix(err.Error(),
			"dir/targets.txt:3: http://b:81 is another origin than http://a, and") ||
		!strings.Contains(err.Error(), "a file for each of the 3 origins") {
		t.Error(err)
	}
	if note := got.Elsewhere(); !strings.Contains(note,
		"3 origins (http://a, http://b:81, https://b), and all") {
		t.Error(note)
	}
	got.Origins = append(got.Origins, "http://c", "http://d")
	if note := got.Elsewhere(); !strings.Contains(note,
		"5 origins (http://a, http://b:81, https://b and 2 more), and all") {
		t.Error(note)
	}
	if one, err := read("GET http://a/1\n\nGET /2"); err != nil || one.Elsewhere() != "" {
		t.Error(one.Elsewhere(), err)
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "dir/targets.txt: no requests",
		"# weir: weight=2\n":                    "dir/targets.txt:1: a weight without",
		"# weir: weight=2\n\nGET /":             ":2: a weight without",
		"# weir: weight=2\n# weir: weight=2":    ":2: a second weight",
		"# weir: weight=0\nGET /":               ":1: weight \"0\": write a whole number from 1 to 100000",
		"# weir: weight=100001\nGET /":          ":1: weight",
		"# weir: wait=1\nGET /":                 ":1: setting \"wait\" is not known: the one setting is weight",
		"GET /\n# weir: weight=2\nGET /":        ":2: a setting inside a request: put an empty line",
		"# weir: weight=100000\nGET /a\nGET /b": ":3: more than 100000 requests",
		"GET /\nA: b\nGET /":                    ":3: a request after headers or comments: put an empty line",
		"GET /\n# c\nGET /":                     ":3: a request after headers or comments",
		"GET /\nnonsense":                       ":2: not a header",
		"GET /\na b: c":                         ":2: header \"a b\"",
		"GET /\n: c":                            ":2: header \"\"",
		"GET /\nA: b\rc":                        ":2: header A: the value must be one line",
		"GET /\nHost: a\nHost: b":               ":3: header Host: give it once",
		"GET /\nHost: a b":                      ":2: request for",
		"GET /\n\nA: b":                         ":3: a header without a request",
		"GET /\n@/abs\nA: b":                    ":3: a header without a request",
		"@/abs":                                 ":1: a body without a request",
		"POST /\n@":                             ":2: @ names no file",
		"POST /\n@gone":                         ":2: body: gone is neither in the working directory nor beside the file: file does not exist",
		`{"method":"GET"}`:                      ":1: this looks like targets in JSON",
		"get http://h/":                         ":1: not a request: write METHOD URL, the method in capitals",
		"M-SEARCH /":                            ":1: not a request",
		"GET":                                   ":1: not a request: write METHOD URL",
		"GET h:80/":                             ":1: not a URL: begin it with http://",
		"GET *":                                 ":1: not a URL: begin it",
		"GET ftp://h/":                          ":1: target \"ftp://h\": the URL must begin with http",
		"GET http:///a":                         "names no host",
		"GET http://:6060/":                     "names no host",
		"GET http://h:x/":                       ":1: not a URL: invalid port",
		"GET /a%zz":                             ":1: not a URL: invalid URL escape",
		"GET / HTTP/1.1":                        ":1: a URL with spaces",
		"GET /{{id}}":                           ":1: a variable that is not known: the one there is in a URL is {{seq}}",
		"GET /{{ seq }}":                        ":1: a URL with spaces",
		"GET http://{{seq}}/":                   ":1: {{seq}} in a host",
		"GET /\nX: " + strings.Repeat("x", 1<<16): ":2: the line is longer than 65536 bytes",
	} {
		got, err := read(text)
		e, ok := errors.AsType[*SyntaxError](err)
		if !ok || !strings.Contains(e.Error(), want) || strings.Contains(e.Error(), "\n") || got != nil {
			t.Errorf("%.60q: %v, want one line with %q", text, err, want)
		}
	}
	if _, err := read("GET /\n@gone"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v hides its cause", err)
	}
	for _, text := range []string{"GET http://u:secret@/", "GET http://u:secret@h/{{x}}", "GET u:secret@h/",
		"GET http://u:secret@h:x/", "GET http://u:secret@h/%zz"} {
		if _, err := read(text); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: an error that shows a password, or none: %v", text, err)
		}
	}
}

// endless is a file with no end.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

func TestReadIsBounded(t *testing.T) {
	open := func(string) (io.ReadCloser, error) { return io.NopCloser(endless{}), nil }
	if _, err := Read(strings.NewReader("POST /\n@a"), "t", open); err == nil ||
		!strings.Contains(err.Error(), "t:2: body: a is longer than 64 MiB") {
		t.Error(err)
	}
	full := parser{open: (&folder{files: map[string]string{"a": "12345"}}).open, held: maxHeld - 4}
	if _, err := full.load("a"); err == nil ||
		!strings.Contains(err.Error(), "the file and its bodies hold more than 256 MiB") {
		t.Error(err)
	}
	if err := full.read(""); err == nil {
		t.Error("the bytes of a body were not counted")
	}
	broken := io.MultiReader(strings.NewReader("GET /\n"), brokenReader{})
	if _, err := Read(broken, "t", nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// What is read can be sent: loadgen finds nothing wrong with it.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"GET http://u:p@h:80/{{seq}}?a#b\nA: b\nHost: c\n\n# weir: weight=3\nPOST /x\n@body\nGET https://[fe80::1%25eth0]:443",
		"GET //a\nX:\n@../b\n#\n", "GET http://h:", "GET /%2f{{seq}}|\x80", "GET http://a%20b/",
		"GET /~weir.seq~", "GET /a:b?{{seq}}{{seq}}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		open := func(path string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(path)), nil }
		got, err := Read(strings.NewReader(text), "targets.txt", open)
		if err != nil {
			if _, ok := errors.AsType[*SyntaxError](err); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		target := loadgen.Target{URL: "http://127.0.0.1:8000/", Requests: got.Requests}
		if len(got.Origins) > 0 {
			target.URL = got.Origins[0]
		}
		complete, err := target.Complete()
		if err != nil {
			t.Fatalf("%q was read, but: %v", text, err)
		}
		for _, r := range complete.Requests {
			if !strings.HasPrefix(r.URI, "/") ||
				strings.Contains(strings.ReplaceAll(r.URI, loadgen.SeqVariable, ""), "{{") {
				t.Fatalf("%q became the URI %q", text, r.URI)
			}
		}
	})
}

func ExampleRead() {
	const text = `# what the shop's users do
# weir: weight=9
GET http://127.0.0.1:8000/things?page={{seq}}

POST http://127.0.0.1:8000/things
Content-Type: application/json
@thing.json
`
	open := func(path string) (io.ReadCloser, error) { // os.Open, in earnest
		return io.NopCloser(strings.NewReader(`{"id":{{seq}}}`)), nil
	}
	file, err := Read(strings.NewReader(text), "targets.txt", open)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(file.Origin())
	for _, r := range file.Requests {
		fmt.Printf("%d × %s %s %q %v\n", r.Weight, r.Method, r.URI, r.Body, r.Headers)
	}
	// Output:
	// http://127.0.0.1:8000 <nil>
	// 9 × GET /things?page={{seq}} "" []
	// 1 × POST /things "{\"id\":{{seq}}}" [[Content-Type application/json]]
}
