package scenarios

import (
	"context"
	"time"

	"weir/probe"
)

// addProbe opens a probe, notes the sysctls of its namespace and lets it watch the experiment. It returns
// a first reading.
func (s *Setup) addProbe(conf probe.Config, every time.Duration) (probe.Sample, error) {
	p, err := probe.Open(conf)
	if err != nil {
		return probe.Sample{}, err
	}
	s.onClose(p.Close)
	for name, value := range probe.Sysctls(conf) {
		s.Environment[conf.Host+": "+name] = value
	}
	s.Watchers = append(s.Watchers, func(ctx context.Context, epoch time.Time, rec Recorder) {
		p.Run(ctx, epoch, every, rec.Sample)
		rec.Sample(p.Read(epoch)) // the last word: what happened since the last tick
	})
	return p.Read(time.Now()), nil
}
