package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// printHeader says what was measured, with what, on what.
func (b *bench) printHeader(network string) {
	var u unix.Utsname
	_ = unix.Uname(&u)
	where := fmt.Sprintf("server on core %d, generators on core %d", b.serverCore, b.generator)
	if b.serverCore == b.generator {
		where = "one core for the server and the generators: the ratios below are not of generators"
	}
	line := func(name, text string) { fmt.Fprintf(b.out, "%-8s %s\n", name, text) }
	line("kernel", "Linux "+unix.ByteSliceToString(u.Release[:]))
	line("cpu", fmt.Sprintf("%s, %d cores; %s", cpuModel(), runtime.NumCPU(), where))
	line("server", b.server.version+`, 1 worker, return 200 "ok"`)
	line("network", network)
	line("runs", fmt.Sprintf("%d connections, %d s each, by turns, rounds: 1 not counted + %d; median (min–max)",
		b.connections, b.seconds, b.rounds))
	for _, p := range peers() {
		f := b.found[p.name]
		if f.Why != "" {
			line(p.name, f.Why)
			continue
		}
		line(p.name, f.Version)
	}
	fmt.Fprintf(b.out, "go       %s, of weir; weir records in full\n", strings.TrimPrefix(runtime.Version(), "go"))
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.SplitSeq(string(text), "\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
