// Peers measures the event loop engine, with its full record, side by side with the generators that people
// know: wrk, ab, h2load, hey, vegeta and k6. All of them load one NGINX over loopback with the same number of
// connections, the server on one core and the generator on another, in a lab, so that nothing of the machine
// is changed.
//
// It believes that two numbers taken at different times cannot be compared: the generators take turns, round
// after round, and what is judged is the median of the rounds' ratios. It judges by targets, but never fails
// for them: a machine that is busy misses some. It is not for finding out how fast NGINX is.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"weir/loadgen/self"
	"weir/scenarios/lab"
	"weir/scenarios/nginx"
)

// release is set by the linker.
var release = "unknown"

// options are the command line's.
type options struct {
	rounds, seconds, connections int
	only                         string
	long                         bool
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("bench-peers", flag.ExitOnError)
	f.IntVar(&o.rounds, "rounds", 5, "rounds that count, after one that warms up")
	f.IntVar(&o.seconds, "seconds", 2, "length of each run")
	f.IntVar(&o.connections, "connections", 64, "connections of each generator")
	f.StringVar(&o.only, "only", "", "the one measurement to make: peak, new, cpu, lag or memory")
	f.BoolVar(&o.long, "long", false, "look besides, in runs of 5 and 10 minutes, for memory that grows")
	_ = f.Parse(args) // it exits
	known := slices.ContainsFunc(works(o), func(w work) bool { return w.name == o.only })
	if f.NArg() > 0 || min(o.rounds, o.seconds, o.connections) < 1 || o.only != "" && !known {
		return o, errors.New("give no arguments, numbers from 1 on, and -only one of the five: see --help")
	}
	return o, nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code, err := run(ctx, os.Args)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		code = 1
	}
	os.Exit(code)
}

// run is the bench, or one of the processes that it starts of itself.
func run(ctx context.Context, args []string) (code int, err error) {
	if len(args) == 3 && args[1] == own {
		return 0, child(ctx, args[2], os.Stdout)
	}
	o, err := parse(args[1:])
	if err != nil {
		return 0, err
	}
	if lab.Inside() {
		return 0, measure(ctx, o)
	}
	if os.Getpid() != 1 { // PID 1 of the lab has no network any more, and its core already
		if err := prepare(ctx); err != nil {
			return 0, err
		}
	}
	return lab.Enter(ctx, args, os.Stdin, os.Stdout, os.Stderr)
}

// generatorCore is the environment variable with the core that generators run on.
const generatorCore = "WEIR_PEERS_CORE"

// prepare builds the generators that have no package, in a cache that goes onto PATH, and moves the whole
// bench to the first core that we may use; generators have the last. It needs the network that the lab does
// not have.
func prepare(ctx context.Context) error {
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	bin := filepath.Join(cache, "weir-peers")
	for _, p := range peers {
		if !strings.Contains(p.from, "@") {
			continue
		}
		cmd := exec.CommandContext(ctx, cmp.Or(os.Getenv("GO"), "go"), "install", p.from)
		cmd.Dir, cmd.Env = os.TempDir(), append(os.Environ(), "GOBIN="+bin, "GOFLAGS=-mod=mod",
			"CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "peers: %s is not up to date: %v: %s\n", p.name, err,
				lastLine(string(out)))
		}
	}
	var may, first unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return err
	}
	last := 0
	for cpu := range len(may) * 64 {
		if may.IsSet(cpu) && first.Count() == 0 {
			first.Set(cpu)
		}
		if may.IsSet(cpu) {
			last = cpu
		}
	}
	runtime.LockOSThread() // for good: what this thread starts, the lab, inherits its core
	return errors.Join(unix.SchedSetaffinity(0, &first), os.Setenv(generatorCore, fmt.Sprint(last)),
		os.Setenv("PATH", bin+":"+os.Getenv("PATH")))
}

// bench is one run of this program.
type bench struct {
	options
	dir      string // for all files
	verdicts []string
}

// measure sets up the lab and measures all that is wanted. New connections at full speed use up the ports of
// the default range in seconds, and a queue of 4,096 could not take the 15,000 requests that are to be in
// flight.
func measure(ctx context.Context, o options) error {
	l, err := lab.New([]lab.HostSpec{{Name: "bench", Sysctls: map[string]string{
		"net.ipv4.ip_local_port_range": "1024 65535", "net.ipv4.tcp_tw_reuse": "1",
		"net.core.somaxconn": "65535",
	}}})
	if err != nil {
		return err
	}
	defer l.Close()
	if _, err := self.RaiseFileLimit(); err != nil {
		return err
	}
	b := &bench{options: o}
	if b.dir, err = os.MkdirTemp("", "weir-peers-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	version, err := b.serve(ctx, l.Host("bench"))
	if err != nil {
		return err
	}
	b.printHeader(version)
	for _, w := range works(o) {
		if o.only == "" || o.only == w.name {
			b.do(ctx, w)
		}
	}
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	fmt.Printf("\n%-39s %-10s %21s\n%s\n", "targets: medians, also of ratios by round", "wanted", "is",
		strings.Join(b.verdicts, "\n"))
	return nil
}

// printHeader says what is measured, with what, on what.
func (b *bench) printHeader(nginx string) {
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	cpuinfo, _ := os.ReadFile("/proc/cpuinfo")
	_, model, _ := strings.Cut(string(cpuinfo), "model name\t: ")
	model, _, _ = strings.Cut(model, "\n")
	cores := "; the server has the first core, the generators core " + os.Getenv(generatorCore)
	for _, line := range [][2]string{
		{"kernel", "Linux " + strings.TrimSpace(string(kernel))},
		{"cpu", cmp.Or(model, runtime.GOARCH) + cores},
		{"server", "nginx/" + nginx + `, 1 worker, return 200 "ok", over loopback in a lab`},
		{"go", strings.TrimPrefix(runtime.Version(), "go") + ", of weir; weir records in full"},
		{"runs", fmt.Sprintf("%d connections, %d s each, in turn, %d rounds after one to warm up",
			b.connections,
			b.seconds, b.rounds) + "; median (lowest–highest)"},
	} {
		fmt.Printf("%-8s %s\n", line[0], line[1])
	}
	for _, p := range peers {
		version, missing := p.about()
		fmt.Printf("%-8s %s\n", p.name, version+missing)
	}
}

// address is NGINX's. Nobody else has it: the network namespace is new.
const (
	address = "127.0.0.1:8000"
	url     = "http://" + address + "/"
)

// configuration: one worker, no log, an answer that costs next to nothing, and connections that are never
// closed for having been used enough. "user root" because the namespace may have that one user only.
const configuration = `user root; worker_processes 1; worker_rlimit_nofile 20000;
daemon off; pid "DIR/nginx.pid"; error_log "DIR/error.log" error;
events { worker_connections 16384; }
http {
  client_body_temp_path "DIR/body"; proxy_temp_path "DIR/proxy"; fastcgi_temp_path "DIR/fastcgi";
  uwsgi_temp_path "DIR/uwsgi"; scgi_temp_path "DIR/scgi";
  access_log off; default_type text/plain; keepalive_requests 1000000000; keepalive_timeout 3600s;
  server { listen ADDRESS backlog=65535; location / { return 200 "ok"; } }
}
`

// serve starts the NGINX that all generators load, and returns when it serves.
func (b *bench) serve(ctx context.Context, h *lab.Host) (version string, err error) {
	path, version, err := nginx.Find(ctx, "")
	if err != nil {
		return "", err
	}
	conf, log := filepath.Join(b.dir, "nginx.conf"), filepath.Join(b.dir, "error.log")
	text := strings.NewReplacer("DIR", b.dir, "ADDRESS", address).Replace(configuration)
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		return "", err
	}
	if err := h.Start(exec.Command(path, "-e", log, "-p", b.dir, "-c", conf)); err != nil {
		return "", err
	}
	for range 250 {
		var c net.Conn
		if c, err = net.Dial("tcp", address); err == nil {
			return version, c.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	complaint, _ := os.ReadFile(log)
	return "", fmt.Errorf("nginx: %w: %s", err, lastLine(string(complaint)))
}

// execute runs a generator on its core to its end. The CPU is from wait4(2), so that nothing of it is missed.
func execute(ctx context.Context, takes time.Duration, stdin string, args ...string) (string, sample, error) {
	ctx, cancel := context.WithTimeout(ctx, takes+30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "taskset", append([]string{"-c", os.Getenv(generatorCore)}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began)
	if err != nil {
		complaint := lastLine(stderr.String() + stdout.String())
		return "", sample{}, fmt.Errorf("%s: %w: %s", args[0], cmp.Or(ctx.Err(), err), complaint)
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return stdout.String(), sample{cpu: cpu, wall: wall}, nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	line := lines[len(lines)-1]
	return line[:min(len(line), 200)]
}
