package capacity

import "time"

// event is something that happens to one request at one time.
type event struct {
	at  time.Duration
	req int
}

// before orders events by time and, at the same time, the older request first.
func (e event) before(o event) bool { return e.at < o.at || e.at == o.at && e.req < o.req }

// events is a binary min-heap. (container/heap would box every event.)
type events []event

func (h *events) push(e event) {
	s := append(*h, e)
	i := len(s) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !e.before(s[up]) {
			break
		}
		s[i], i = s[up], up
	}
	s[i] = e
	*h = s
}

// pop takes the first event of a heap that is not empty.
func (h *events) pop() event {
	s := *h
	first, e := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) == 0 {
		return first
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= len(s) {
			break
		}
		if r := down + 1; r < len(s) && s[r].before(s[down]) {
			down = r
		}
		if !s[down].before(e) {
			break
		}
		s[i], i = s[down], down
	}
	s[i] = e
	return first
}
