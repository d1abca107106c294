package probe

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// steal is the source of the counter stat.cpu.steal, from the first line of /proc/stat: time in which
// the hypervisor ran someone else although a CPU of ours had work. A queue can overflow because nobody
// called accept() meanwhile.
//
// Scope: the whole host, all CPUs added up, whichever namespace is watched. Privilege: none. Cost: some
// 15 µs, more with many CPUs and interrupts. Gotcha: the unit is the tick, USER_HZ, 10 ms on every
// architecture that matters: look at windows of half a second and more; it is read anew ten times a second
// at most. Absent before Linux 2.6.11,
// and always 0 without a hypervisor that tells (fs/proc/stat.c).
type steal struct {
	file  *procFile
	read  time.Time
	value *uint64 // nil: the kernel has none
}

const stealEvery = 100 * time.Millisecond

func (s *steal) Name() string { return "steal" }
func (s *steal) Close() error { return s.file.Close() }

func (s *steal) Read(sample *Sample) error {
	if now := time.Now(); s.read.IsZero() || now.Sub(s.read) >= stealEvery {
		text, err := s.file.read()
		if err != nil {
			return err
		}
		if s.value, err = parseSteal(text); err != nil {
			return err
		}
		s.read = now
	}
	if s.value != nil {
		sample.Counters["stat.cpu.steal"] = *s.value
	}
	return nil
}

// stealColumn is its place on the line: user nice system idle iowait irq softirq steal …
const stealColumn = 7

func parseSteal(text []byte) (*uint64, error) {
	line, ok := lineAfter(text, "cpu ")
	if !ok {
		return nil, errors.New("no line that begins with \"cpu \"")
	}
	line = bytes.TrimLeft(line, " ")
	for range stealColumn {
		_, line, ok = bytes.Cut(line, space)
		if !ok {
			return nil, nil // an old kernel: absent, not zero
		}
	}
	field, _, _ := bytes.Cut(line, space)
	v, err := strconv.ParseUint(string(field), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("stat.cpu.steal: %w", err)
	}
	return &v, nil
}
