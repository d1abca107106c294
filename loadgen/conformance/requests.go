package conformance

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
)

// requests checks that a target's requests arrive as they were meant, each with what is its own.
func requests(t *testing.T, open Open) {
	t.Run("in turn", func(t *testing.T) { t.Parallel(); inTurn(t, open) })
	for _, connections := range []loadgen.Connections{loadgen.New, loadgen.Reuse} {
		t.Run("their own "+string(connections),
			func(t *testing.T) { t.Parallel(); theirOwn(t, open, connections) })
	}
}

// received are requests as net/http, which is none of ours, understands them.
type received struct {
	mu  sync.Mutex
	all []arrival
}

type arrival struct{ method, uri, id, body string }

// arrivals are those of so far. An engine that reads without the runtime's poller gives its answers no order
// with what the server did before, hence the lock.
func (r *received) arrivals() []arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// answer serves a connection: a HEAD without a body, all others with one.
func (r *received) answer(v *visit) {
	for {
		request, err := http.ReadRequest(v.reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.all = append(r.all, arrival{request.Method, request.RequestURI, request.Header.Get("X-Request-Id"),
			string(body)})
		r.mu.Unlock()
		text := alive
		if request.Method == "HEAD" {
			text, _ = strings.CutSuffix(alive, "ok")
		}
		if _, err := io.WriteString(v, text); err != nil {
			return
		}
	}
}

// inTurn sends HEADs among other requests over one connection.
func inTurn(t *testing.T, open Open) {
	var got received
	s := serve(t, "tcp", got.answer)
	target := again(s)
	target.Requests = []loadgen.Request{{URI: "/a", Weight: 2}, {URI: "/b", Method: "HEAD"},
		{URI: "/c", Method: "POST", Body: []byte("body")}}
	r := offer(t, open, target, brisk(8))
	r.check(t, 0, 200, loadgen.OK)
	if n, most := int(s.accepted.Load()), 2+r.overlapping(); n > most {
		t.Errorf("8 requests took %d connections, want at most %d", n, most)
	}
	counts, all := map[arrival]int{}, got.arrivals()
	for _, a := range all {
		counts[a]++
	}
	want := map[arrival]int{{"GET", "/a", "", ""}: 4, {"HEAD", "/b", "", ""}: 2,
		{"POST", "/c", "", "body"}: 2}
	if !maps.Equal(counts, want) {
		t.Errorf("the server saw %v, want %v", counts, want)
	}
	if first := all[:min(4, len(all))]; r.overlapping() == 0 &&
		!slices.ContainsFunc(first, func(a arrival) bool { return a.method == "HEAD" }) {
		t.Errorf("not in turn: %v", all)
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// theirOwn sends requests that have their number in the path and the body, and an id.
func theirOwn(t *testing.T, open Open, connections loadgen.Connections) {
	var got received
	s := serve(t, "tcp", got.answer)
	target := s.target()
	target.Connections, target.Method, target.RequestIDs = connections, "POST", true
	target.URL, target.Body = "http://conformance.test/{{seq}}", []byte("<{{seq}}>")
	const first = 3
	// 120: of one digit to three
	p := plan.Plan{Stages: []plan.Stage{{From: 300, To: 300, Duration: 400 * time.Millisecond}}, First: first}
	r := offer(t, open, target, p)
	r.check(t, 0, 200, loadgen.OK)
	seen, runs, all := map[string]bool{}, map[string]bool{}, got.arrivals()
	for _, a := range all {
		seq := strings.TrimPrefix(a.uri, "/")
		run, position, ok := cutLast(a.id, "-")
		n, err := strconv.Atoi(position)
		ok = ok && err == nil && strconv.Itoa(first+n) == seq // an id has the position in the plan
		if a.body != "<"+seq+">" || !ok || !strings.HasPrefix(run, "weir-") {
			t.Errorf("the server saw %+v", a)
		}
		seen[seq], runs[run] = true, true
	}
	for _, res := range r.All {
		if !seen[strconv.Itoa(first+res.Seq)] {
			t.Errorf("request %d did not arrive", res.Seq)
		}
	}
	if len(all) != p.Count() || len(seen) != p.Count() || len(runs) != 1 {
		t.Errorf("%d requests arrived, %d of them different, of %d runs; want %d of 1", len(all), len(seen),
			len(runs), p.Count())
	}
}
