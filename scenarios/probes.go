package scenarios

import (
	"context"
	"net/url"
	"slices"
	"time"

	"weir/probe"
	"weir/report/runfile"
)

// clientHost is the name of the samples of our own namespace where the listener lives in another.
const clientHost = "client"

// probeClient watches what our own connections hold, where that is not where the listener is. It only gives
// context: what cannot be read is missing, and no reason not to run.
func (s *Setup) probeClient(lanes []LaneOptions) {
	if ports := targetPorts(lanes); len(ports) > 0 {
		_, _ = s.addProbe(probe.Config{Host: clientHost, Towards: ports}, contextEvery)
	}
}

// targetPorts are the ports that the lanes' requests go to.
func targetPorts(lanes []LaneOptions) (ports []uint16) {
	for _, l := range lanes {
		if u, err := url.Parse(l.Target.URL); err == nil && l.Target.Network != "unix" {
			ports = appendMissing(ports, portOf(u))
		}
	}
	return ports
}

func appendMissing(ports []uint16, more ...uint16) []uint16 {
	for _, p := range more {
		if !slices.Contains(ports, p) {
			ports = append(ports, p)
		}
	}
	return ports
}

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
		look := func() {
			rec.Write(&runfile.Host{Host: conf.Host, At: time.Since(epoch),
				Snapshot: probe.TakeSnapshot(conf)})
		}
		look()
		defer look()
		sample := func(s probe.Sample) { rec.Write(&runfile.Sample{Sample: s}) }
		p.Run(ctx, epoch, every, sample)
		sample(p.Last(epoch))
	})
	return p.Read(time.Now()), nil
}
