package wire

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"weir/loadgen"
)

func requestsOf(t *testing.T, target loadgen.Target) *Requests {
	t.Helper()
	if target.URL == "" {
		target.URL = "http://a.test/"
	}
	complete, err := target.Complete()
	if err != nil {
		t.Fatal(err)
	}
	return NewRequests(complete)
}

func TestRequestBytes(t *testing.T) {
	for want, target := range map[string]loadgen.Target{
		"GET /p?q=1 HTTP/1.1\r\nHost: a.test:81\r\nUser-Agent: weir\r\nConnection: close\r\n\r\n": {URL: "http://a.test:81/p?q=1"},
		"GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: weir\r\n\r\n":                              {Connections: loadgen.Reuse},
		"GET / HTTP/1.1\r\nuser-agent: me\r\nX-b: 2\r\nx-A: 1\r\nHOST: other\r\nX-b: 3\r\nconnection: keep-alive\r\n\r\n": {
			Headers: [][2]string{{"user-agent", "me"}, {"X-b", "2"}, {"x-A", "1"}, {"HOST", "other"},
				{"X-b", "3"}, {"connection", "keep-alive"}}},
		"POST / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: weir\r\nContent-Length: 0\r\n\r\n": {
			Method: "POST", Connections: loadgen.Reuse},
		"PUT / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: weir\r\nContent-Length: 2\r\n\r\nhi": {
			Method: "PUT", Body: []byte("hi"), Connections: loadgen.Reuse},
		"DELETE / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: weir\r\n\r\n": {Method: "DELETE",
			Connections: loadgen.Reuse},
	} {
		// Bounds of reuse say nothing in advance: the last request of a connection is the same bytes.
		target.RequestsPerConnection = 1
		if got := string(requestsOf(t, target).At(3, new([]byte))); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func TestTurns(t *testing.T) {
	for want, weights := range map[string][]int{
		"abcabc":     {1, 1, 1},
		"abaaba":     {2, 1},
		"abaaba ":    {200, 100},
		"aabaaaabaa": {4, 1},
		"abababab":   {7, 7},
	} {
		want = strings.TrimSpace(want)
		r := requestsOf(t, weighted(weights...))
		if len(r.turns) > len(want)/2 {
			t.Errorf("weights %v: a cycle of %d, it can be shorter", weights, len(r.turns))
		}
		var got []byte
		for i := range want {
			got = append(got, r.At(i, new([]byte))[len("GET /")])
		}
		if string(got) != want {
			t.Errorf("weights %v: %s, want %s", weights, got, want)
		}
	}
}

// Over any stretch of the plan each request is sent as often as its weight says, to within one.
func TestTurnsAreEven(t *testing.T) {
	weights := []int{50, 30, 15, 5}
	r := requestsOf(t, weighted(weights...))
	counts := make([]int, len(weights))
	for i := range 300 {
		counts[r.At(i, new([]byte))[len("GET /")]-'a']++
		for k, n := range counts {
			if want := float64(weights[k]) / 100 * float64(i+1); float64(n) < want-1 || float64(n) > want+1 {
				t.Fatalf("after %d requests %d were %c, want about %.1f", i+1, n, 'a'+k, want)
			}
		}
	}
}

// weighted is a target with requests for /a, /b and so on.
func weighted(weights ...int) (target loadgen.Target) {
	for i, w := range weights {
		target.Requests = append(target.Requests, loadgen.Request{URI: "/" + string(rune('a'+i)), Weight: w})
	}
	return target
}

// The length must be right whatever the number of digits: a server's own parser judges that.
func TestSeq(t *testing.T) {
	r := requestsOf(t, loadgen.Target{
		URL: "http://a.test/item/{{seq}}?n={{seq}}", Method: "POST",
		Headers: [][2]string{{"X-N", "<{{seq}}>"}},
		Body:    []byte(`{"a":{{seq}},"b":"{{seq}}{{seq}}"}`),
	})
	scratch := make([]byte, 0, 1024)
	for _, position := range []int{0, 9, 10, 99, 100, 12345, 1 << 40} {
		const first = 4 // 1 digit becomes 2 at another position than without it
		n := strconv.Itoa(first + position)
		stream := bufio.NewReader(bytes.NewReader(append(r.ForRun(time.Now(), 0, first).At(position,
			&scratch), "more"...)))
		got, err := http.ReadRequest(stream)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		if want := `{"a":` + n + `,"b":"` + n + n + `"}`; err != nil || string(body) != want {
			t.Errorf("request %d: body %q, %v; want %q", position, body, err, want)
		}
		if got.RequestURI != "/item/"+n+"?n="+n || got.Header.Get("X-N") != "<"+n+">" {
			t.Errorf("request %d: %s, %v", position, got.RequestURI, got.Header)
		}
		if rest, _ := io.ReadAll(stream); string(rest) != "more" {
			t.Errorf("request %d: %q follows", position, rest)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	epoch, start := time.UnixMilli(1234567), 2500*time.Millisecond
	at := func(target loadgen.Target, position int) string {
		return string(requestsOf(t, target).ForRun(epoch, start, 0).At(position, new([]byte)))
	}
	if got := at(loadgen.Target{}, 7); strings.Contains(got, "X-Request-Id") {
		t.Errorf("not asked for: %q", got)
	}
	if got := at(loadgen.Target{RequestIDs: true}, 7); !strings.Contains(got,
		"\r\nX-Request-Id: weir-1234567-2500-7\r\n") {
		t.Errorf("%q", got)
	}
	if got := string(AppendID(nil, epoch, start, 7)); got != "weir-1234567-2500-7" {
		t.Errorf("%q, and it is the same id", got)
	}
	given := at(loadgen.Target{RequestIDs: true, Headers: [][2]string{{"x-request-id", "mine-{{seq}}"}}}, 7)
	if strings.Contains(given, "weir-") || !strings.Contains(given, "\r\nx-request-id: mine-7\r\n") {
		t.Errorf("%q", given)
	}
	// Two runs at once each have their own.
	r := requestsOf(t, loadgen.Target{RequestIDs: true})
	one, other := r.ForRun(epoch, 0, 0), r.ForRun(epoch, start, 0)
	if bytes.Equal(one.At(1, new([]byte)), other.At(1, new([]byte))) {
		t.Errorf("%q twice", one.At(1, new([]byte)))
	}
}

func TestIsHead(t *testing.T) {
	r := requestsOf(t, loadgen.Target{Requests: []loadgen.Request{{}, {Method: "HEAD"}, {Method: "POST"}}})
	var got []bool
	for i := range 6 {
		got = append(got, r.IsHead(i))
	}
	if !slices.Equal(got, []bool{false, true, false, false, true, false}) {
		t.Errorf("%v", got)
	}
}

func TestAtAllocatesNothing(t *testing.T) {
	target := weighted(3, 2)
	target.RequestIDs = true
	target.Requests[0].Method, target.Requests[0].Body = "POST", []byte("n={{seq}}")
	r := requestsOf(t, target).ForRun(time.Now(), time.Second, 0)
	scratch := make([]byte, 0, 512)
	position := 0
	if n := testing.AllocsPerRun(100, func() { r.At(position, &scratch); position++ }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
