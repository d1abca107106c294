package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// parserOf is that of the generator that a file's name begins with.
func parserOf(t *testing.T, file string) func(string) (tally, error) {
	t.Helper()
	name, _, _ := strings.Cut(file, "-")
	i := slices.IndexFunc(peers, func(p peer) bool { return p.name == name })
	if i < 0 {
		t.Fatalf("no generator %s", name)
	}
	return peers[i].parse
}

// Outputs as the generators printed them, against an NGINX that answered 200, one that answered 503, and a
// port that refused.
func TestParsers(t *testing.T) {
	want := map[string]tally{
		"wrk-4.1.0.txt":               {61258, 0, 61033.76},
		"wrk-4.1.0-503.txt":           {0, math.MaxUint64, 0},
		"ab-2.3.txt":                  {71392, 0, 71391.50},
		"ab-2.3-503.txt":              {0, 2000, 0},
		"hey-0.1.4.txt":               {17487, 0, 17459.5370},
		"hey-0.1.4-503.txt":           {0, 2000, 0},
		"hey-0.1.4-refused.txt":       {0, 96, 0},
		"h2load-1.52.0.txt":           {68465, 0, 68465},
		"h2load-1.52.0-503.txt":       {0, math.MaxUint64, 0},
		"vegeta-12.13.0.json":         {17630, 0, 17630.757},
		"vegeta-12.13.0-503.json":     {0, 100, 0},
		"vegeta-12.13.0-refused.json": {0, 100, 0},
		"k6-1.8.1.json":               {6547, 0, 6509.219},
		"k6-1.8.1-503.json":           {0, 5549, 0},
		"k6-1.8.1-refused.json":       {0, 3986, 0},
	}
	for name, want := range want {
		out, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := parserOf(t, name)(string(out))
		if want.failed == math.MaxUint64 && got.failed > 1000 { // any: the capture is of a busy second
			want.failed = got.failed
		}
		if err != nil || got.ok != want.ok || got.failed != want.failed ||
			math.Abs(got.rate-want.rate) > 0.01 {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
		}
	}
}

// What cannot be read must not become a rate of 0.
func TestParsersRefuse(t *testing.T) {
	for _, name := range []string{"ab-2.3-refused.txt", "h2load-1.52.0-refused.txt"} {
		out, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parserOf(t, name)(string(out)); err == nil {
			t.Errorf("%s, in which no request was completed: %+v", name, got)
		}
	}
	for _, p := range peers {
		for _, out := range []string{
			"", "{}", "null", `{"metrics":{}}`, "Requests/sec: lots",
			"unable to connect to 127.0.0.1:1 Connection refused\n",
		} {
			if got, err := p.parse(out); err == nil {
				t.Errorf("%s made %+v of %q", p.name, got, out)
			}
		}
	}
}

// Every line that a parser needs is needed: without it there is an error, not another number.
func TestParsersNeedTheirLines(t *testing.T) {
	for name, lines := range map[string][]string{
		"wrk-4.1.0.txt":       {"requests in", "Requests/sec:"},
		"ab-2.3.txt":          {"Complete requests:", "Failed requests:", "Requests per second:"},
		"hey-0.1.4.txt":       {"Requests/sec:", "[200]"},
		"h2load-1.52.0.txt":   {"finished in", "requests:"},
		"vegeta-12.13.0.json": {`"requests":`, `"duration":`},
		"k6-1.8.1.json":       {`"http_reqs"`, `"http_req_failed"`, `"count"`, `"rate"`},
	} {
		out, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			cut := strings.ReplaceAll(string(out), line, `"other":`)
			if strings.HasSuffix(name, ".json") {
				cut = strings.ReplaceAll(string(out), line, strings.Replace(line, `"`, `"no_`, 1))
			}
			if got, err := parserOf(t, name)(cut); err == nil {
				t.Errorf("%s without %s: %+v", name, line, got)
			}
		}
	}
}
