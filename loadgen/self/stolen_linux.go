package self

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

// readStolen returns the time in which the hypervisor ran something else while this machine's processors had
// work, summed over them since it started: the eighth number of the first line of /proc/stat (proc(5)), in
// ticks of 10 ms (USER_HZ is 100 on every architecture that Go runs on). Nil where there is no such number.
func readStolen() *time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return nil
	}
	return parseStolen(text)
}

func parseStolen(text []byte) *time.Duration {
	const tick, column = 10 * time.Millisecond, 8
	line, _, _ := bytes.Cut(text, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) <= column || string(fields[0]) != "cpu" {
		return nil
	}
	ticks, err := strconv.ParseUint(string(fields[column]), 10, 48)
	if err != nil {
		return nil
	}
	d := time.Duration(ticks) * tick
	return &d
}
