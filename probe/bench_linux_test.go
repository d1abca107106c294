package probe

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What a reading costs, in all and by source, on whatever this machine has open:
//
//	go test -bench . ./probe
func BenchmarkRead(b *testing.B) { benchmarkSources(b) }

// The same beside 20,000 connected sockets (or as many as RLIMIT_NOFILE lets us have): a dump of the
// listeners must not notice them.
func BenchmarkRead20000Sockets(b *testing.B) {
	connectMany(b, 10_000)
	benchmarkSources(b)
}

// connectMany opens so many connections, each of two sockets: the server's stay in the accept queues, and
// take no descriptor there.
func connectMany(b *testing.B, pairs int) {
	var limit unix.Rlimit
	// Go has raised the soft limit to the hard one
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		b.Fatal(err)
	}
	pairs = min(pairs, int(limit.Cur)-100)
	const each = 100 // less than any somaxconn
	var port uint16
	for i := range pairs {
		if i%each == 0 {
			fd, p, err := listenTCP(each)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { unix.Close(fd) })
			port = p
		}
		client, err := dial(port, 5*time.Second)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { client.Close() })
	}
	b.Logf("beside %d connected sockets", 2*pairs)
}

// What 100 readings a second take of one core, beside 20,000 sockets, against the tools that people run in a
// loop for want of a probe. While nothing drops, Run looks at the listeners 100 times a second and reads the
// counters of the namespace 20 times; where the listener dropped something before each reading, as in an
// overload, it looks, reads all counters, and looks again, 100 times a second each. Each iteration is a
// second of it:
//
//	go test -run - -bench 100Hz -benchtime 5x ./probe
func Benchmark100Hz(b *testing.B) {
	connectMany(b, 10_000)
	fd, port, err := listenTCP(16)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(fd)
	for _, test := range []struct {
		name string
		cfg  Config
	}{
		{"fast sources, counters at 20 Hz", Config{Ports: []uint16{port}, NoSlow: true}},
		{"fast and slow sources, counters at 20 Hz", Config{Ports: []uint16{port}}},
	} {
		b.Run(test.name, func(b *testing.B) {
			p, err := Open(test.cfg)
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			var took []time.Duration
			atRate(b, unix.RUSAGE_SELF, func(ctx context.Context) (n int) {
				p.Run(ctx, time.Now(), benchEvery, func(s Sample) { took, n = append(took, s.Took), n+1 })
				return n
			})
			slices.Sort(took) // beside walks of tables as without
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "took-p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "took-p99-µs")
		})
	}
	b.Run("fast sources, a drop before each reading", benchmarkDrops)
	b.Run("the loop alone", func(b *testing.B) { // what waking up takes on this machine now
		p := &Probe{nap: nap}
		atRate(b, unix.RUSAGE_SELF, func(ctx context.Context) (n int) {
			p.Run(ctx, time.Now(), benchEvery, func(Sample) { n++ })
			return n
		})
	})
	for _, args := range [][]string{{"ss", "-lnt"}, {"nstat", "-asz"}} {
		b.Run(strings.Join(args, " "), func(b *testing.B) {
			if _, err := exec.LookPath(args[0]); err != nil {
				b.Skip("not installed (package iproute2)")
			}
			atRate(b, unix.RUSAGE_CHILDREN, func(ctx context.Context) (n int) {
				tick := time.NewTicker(benchEvery)
				defer tick.Stop()
				for ctx.Err() == nil {
					<-tick.C
					if exec.Command(args[0], args[1:]...).Run() == nil {
						n++
					}
				}
				return n
			})
		})
	}
}

// benchmarkDrops knocks at a full queue after each reading. What that takes is not the probe's, and left out.
func benchmarkDrops(b *testing.B) {
	fd, port, err := listenTCP(0)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(fd)
	first, err := dial(port, 5*time.Second)
	if err != nil {
		b.Fatal(err)
	}
	defer first.Close()
	p, err := Open(Config{Ports: []uint16{port}, NoSlow: true})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	var knocking time.Duration
	var readings, anew int
	atRateWithout(b, unix.RUSAGE_SELF, &knocking, func(ctx context.Context) (n int) {
		p.Run(ctx, time.Now(), benchEvery, func(s Sample) {
			if _, old := s.Gauges[CountersAge]; !old {
				anew++
			}
			knocking += processorTime(func() { err = knock(port) })
			n++
		})
		readings += n
		return n
	})
	if err != nil || anew < readings*9/10 {
		b.Fatalf("the counters were read anew in %d of %d samples: %v", anew, readings, err)
	}
	b.ReportMetric(100*float64(anew)/float64(readings), "%anew")
}

// knock sends a SYN and gives up at once.
func knock(port uint16) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(port),
		Addr: [4]byte{127, 0, 0, 1}}); err != nil && err != unix.EINPROGRESS {
		return err
	}
	return nil
}

const benchEvery = 10 * time.Millisecond

// atRate reports the processor time of what do did in a second, for 100 readings: a tool that does not
// reach the rate is not to look the cheaper for it.
func atRate(b *testing.B, who int, do func(context.Context) int) {
	atRateWithout(b, who, new(time.Duration), do)
}

// atRateWithout is atRate less the processor time that do spent on something else.
func atRateWithout(b *testing.B, who int, aside *time.Duration, do func(context.Context) int) {
	var readings int
	var cpu time.Duration
	for b.Loop() {
		var before, after unix.Rusage
		unix.Getrusage(who, &before)
		ctx, cancel := context.WithTimeout(b.Context(), time.Second)
		readings += do(ctx)
		cancel()
		unix.Getrusage(who, &after)
		cpu += time.Duration(after.Utime.Nano() +
			after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	}
	b.ReportMetric(float64(readings)/float64(b.N), "readings/s")
	cpu -= *aside
	b.ReportMetric(cpu.Seconds()/float64(readings)*100*100, "%core@100Hz")
}

func benchmarkSources(b *testing.B) {
	fd, port, err := listenTCP(16)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(fd)
	p, err := Open(Config{Ports: []uint16{port}})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		epoch := time.Now()
		for b.Loop() {
			if s := p.Read(epoch); len(s.Errors) > 0 || len(s.Listeners) != 1 {
				b.Fatalf("%+v", s)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)*100/1e4, "%core@100Hz")
	})
	for _, source := range slices.Concat(p.sources, p.counted.sources, p.slow.sources) {
		b.Run(source.Name(), func(b *testing.B) {
			b.ReportAllocs()
			s := p.Read(time.Now())
			for b.Loop() {
				s.Listeners = s.Listeners[:0]
				if err := source.Read(&s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
