package probe

import (
	"bytes"
	"fmt"
	"strconv"
)

// pressure is the source of psi.cpu.some.total_us (counter) and psi.cpu.some.avg10 (gauge, hundredths of
// a percent), from /proc/pressure/cpu: time in which at least one task could run and had no CPU. It says
// that the machine was short of CPUs; the listener's own run delay says whether that hit the listener.
//
// Scope: the whole host, in a container too. Privilege: none. Cost: some 10 µs. Gotcha: since Linux 4.20,
// CONFIG_PSI and not psi=0; absent where it is off (reading then fails with EOPNOTSUPP).
// The averages move every two seconds only; total moves with every reading (kernel/sched/psi.c, psi_show).
type pressure struct{ file *procFile }

func (p *pressure) Name() string { return "pressure" }
func (p *pressure) Close() error { return p.file.Close() }

func (p *pressure) Read(s *Sample) error {
	text, err := p.file.read()
	if err != nil {
		return err
	}
	return parsePressure(text, s)
}

// parsePressure reads the line "some avg10=68.99 avg60=61.34 avg300=55.75 total=415205797".
func parsePressure(text []byte, s *Sample) error {
	line, ok := lineAfter(text, "some ")
	if !ok {
		return fmt.Errorf("no line that begins with \"some\"")
	}
	for _, field := range bytes.Fields(line) {
		name, value, _ := bytes.Cut(field, []byte("="))
		switch string(name) {
		case "avg10":
			percent, err := strconv.ParseFloat(string(value), 64)
			if err != nil || !(percent >= 0 && percent <= 100) {
				return fmt.Errorf("psi.cpu.some.avg10: %.20q is no percentage", value)
			}
			s.Gauges["psi.cpu.some.avg10"] = uint64(percent*100 + .5)
		case "total":
			total, err := strconv.ParseUint(string(value), 10, 64)
			if err != nil {
				return fmt.Errorf("psi.cpu.some.total_us: %w", err)
			}
			s.Counters["psi.cpu.some.total_us"] = total
		}
	}
	return nil
}
