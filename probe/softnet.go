package probe

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// softnet is the source of the counters softnet.dropped (packets that found a CPU's input queue longer
// than net.core.netdev_max_backlog, or refused by its flow limit) and softnet.time_squeeze (receive
// rounds that ended with packets left), from /proc/net/softnet_stat. A SYN that was lost here was never
// seen by any listener: no Listen* counter moves, and the client sees the very same retransmit.
//
// Scope: the whole host, although the file is among a namespace's. Privilege: none. Cost: some 5 µs and
// 1 µs for each CPU. Gotcha: every CPU's number is 32 bits wide, so the sum can go back by 2^32; a CPU
// that is taken offline takes its line along. Numbers are hexadecimal, columns unnamed: only the first
// three have never moved (net/core/net-procfs.c, softnet_seq_show).
type softnet struct{ file *procFile }

func (s *softnet) Name() string { return "softnet" }
func (s *softnet) Close() error { return s.file.Close() }

func (s *softnet) Read(sample *Sample) error {
	text, err := s.file.readRecords()
	if err != nil {
		return err
	}
	return parseSoftnet(text, sample.Counters)
}

func parseSoftnet(text []byte, into map[string]uint64) error {
	var dropped, squeezed uint64
	lines := 0
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) < 3 {
			return fmt.Errorf("line %d has %d columns, not the three that are known", lines+1, len(fields))
		}
		d, err := strconv.ParseUint(string(fields[1]), 16, 32)
		t, err2 := strconv.ParseUint(string(fields[2]), 16, 32)
		if err := errors.Join(err, err2); err != nil {
			return fmt.Errorf("line %d: %w", lines+1, err)
		}
		dropped, squeezed = dropped+d, squeezed+t
		lines++
	}
	if lines == 0 {
		return errors.New("no line for any CPU")
	}
	into["softnet.dropped"], into["softnet.time_squeeze"] = dropped, squeezed
	return nil
}
