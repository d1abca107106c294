package wire

import (
	"strconv"
	"strings"
	"time"
)

// ID is what an X-Request-Id says: which request of which trial of which run it belongs to.
type ID struct {
	Epoch    int64         // of the run, Unix milliseconds
	Start    time.Duration // of the trial, from the epoch, in whole milliseconds
	Position int           // in the plan
}

// AppendID appends a request's X-Request-Id: weir, the run's epoch in Unix milliseconds, the trial's
// start in milliseconds from it, and the request's position in the plan, all of which the record has.
func AppendID(to []byte, epoch time.Time, start time.Duration, position int) []byte {
	to = strconv.AppendInt(append(to, "weir-"...), epoch.UnixMilli(), 10)
	to = strconv.AppendInt(append(to, '-'), start.Milliseconds(), 10)
	return strconv.AppendInt(append(to, '-'), int64(position), 10)
}

// ParseID reads what AppendID wrote, in that form exactly: the text comes from a log, where anybody's ids
// stand.
func ParseID(text string) (ID, bool) {
	rest, ours := strings.CutPrefix(text, "weir-")
	parts := strings.Split(rest, "-")
	if !ours || len(parts) != 3 {
		return ID{}, false
	}
	var n [3]int64
	for i, max := range [3]int64{1<<53 - 1, 366 * 24 * 3600 * 1000, 1<<31 - 1} {
		v, err := strconv.ParseInt(parts[i], 10, 64)
		if err != nil || v < 0 || v > max || strconv.FormatInt(v, 10) != parts[i] {
			return ID{}, false
		}
		n[i] = v
	}
	return ID{n[0], time.Duration(n[1]) * time.Millisecond, int(n[2])}, true
}
