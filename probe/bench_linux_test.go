package probe

import (
	"net"
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
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		b.Fatal(err)
	}
	pairs := min(10_000, int(limit.Cur)/2-50) // Go has raised the soft limit to the hard one
	for range pairs {
		client, err := net.Dial("tcp4", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer client.Close()
		server, err := ln.Accept()
		if err != nil {
			b.Fatal(err)
		}
		defer server.Close()
	}
	b.Logf("beside %d connected sockets", 2*pairs)
	benchmarkSources(b)
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
	for _, source := range p.sources {
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
