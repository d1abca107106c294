package backend

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"
)

// Stamp sums up the busy periods (see the package comment) that ended since the one before it. As one
// line of JSON it is how a server tells its parent.
type Stamp struct {
	AtUnixNS int64   `json:"at_unix_ns"` // when it was taken: its periods had ended by then
	Count    uint64  `json:"count"`
	SumNS    int64   `json:"sum_ns"`
	SumSqS2  float64 `json:"sum_sq_s2"` // of seconds squared, for the variance
}

// maxLine bounds a line of stamps; the longest real one has some 120 bytes.
const maxLine = 4096

// ReadStamps hands every stamp in r to f until r ends. What is no stamp, a line that is too long or one
// that is cut short ends it with an error.
func ReadStamps(r io.Reader, f func(Stamp)) error {
	lines := bufio.NewReaderSize(r, maxLine)
	for n := 1; ; n++ {
		line, err := lines.ReadSlice('\n')
		if len(line) == 0 && errors.Is(err, io.EOF) {
			return nil
		}
		if len(line) > maxLine || errors.Is(err, bufio.ErrBufferFull) {
			return fmt.Errorf("backend: stamp %d: longer than %d bytes: not a stamp", n, maxLine)
		}
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("backend: stamp %d is cut short: %w", n, io.ErrUnexpectedEOF)
		}
		if err != nil {
			return fmt.Errorf("backend: read stamp %d: %w", n, err)
		}
		var s Stamp
		if err := json.Unmarshal(line, &s); err != nil {
			return fmt.Errorf("backend: stamp %d: %w", n, err)
		}
		if s.AtUnixNS <= 0 || s.Count == 0 || s.SumNS < 0 || s.SumSqS2 < 0 {
			return fmt.Errorf("backend: stamp %d: %+v cannot be: a time and a count are positive, sums not negative", n, s)
		}
		f(s)
	}
}

// tally adds busy periods up.
type tally struct {
	mu sync.Mutex
	s  Stamp
}

func (t *tally) add(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Count++
	t.s.SumNS += int64(d)
	t.s.SumSqS2 += math.Pow(d.Seconds(), 2)
}

// flush writes what came together since the last time, if anything did.
func (t *tally) flush(w io.Writer) error {
	t.mu.Lock()
	s := t.s
	t.s = Stamp{}
	s.AtUnixNS = time.Now().UnixNano()
	t.mu.Unlock()
	if s.Count == 0 {
		return nil
	}
	if err := json.NewEncoder(w).Encode(s); err != nil {
		return fmt.Errorf("backend: write stamps: %w", err)
	}
	return nil
}
