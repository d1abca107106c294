package wire

import (
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"strings"
	"testing"
	"time"

	"weir/loadgen"
)

// The standard library's server says what it understood.
func TestFastCGIRequests(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	seen := make(chan string, 1)
	go func() {
		_ = fcgi.Serve(l, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			env := fcgi.ProcessEnv(r)
			seen <- strings.Join([]string{r.Method, r.URL.RequestURI(), r.Host, string(body),
				r.Header.Get("Content-Type"), r.Header.Get("X-N"),
				r.Header.Get("X-Request-Id"), r.UserAgent(), env["SCRIPT_FILENAME"], env["DOCUMENT_URI"]},
				"|")
		}))
	}()
	for want, target := range map[string]loadgen.Target{
		"GET|/srv/a.php?q=1|a.test:81||||weir-1000-2000-10|weir|/srv/a.php|/srv/a.php": {URL: "fcgi://a.test:81/srv/a.php?q=1", RequestIDs: true},
		"POST|/srv/a%20b.php/cart/11|other|n=11, n=11|text/x|<11>||me|/srv/a b.php|/srv/a b.php/cart/11": {
			URL: "fcgi://a.test/srv/a%20b.php/cart/{{seq}}", Method: "POST",
			Body: []byte("n={{seq}}, n={{seq}}"),
			Headers: [][2]string{{"content-type", "text/x"}, {"X-N", "<{{seq}}>"}, {"User-Agent", "me"},
				{"Host", "other"}},
		},
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		requests := requestsOf(t, target).ForRun(time.UnixMilli(1000), 2*time.Second, 1)
		if _, err := conn.Write(requests.At(10, new([]byte))); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-seen:
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the server did not understand the request", want)
		}
		conn.Close()
	}
}
