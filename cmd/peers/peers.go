package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// load is what a generator is told to do in one run.
type load struct {
	url         string
	connections int
	seconds     int
	reuse       bool
	rate        int    // requests/s; 0: as many as the connections carry
	offer       int    // what a generator that needs a rate is told instead of "as many as": more than is carried
	dir         string // for its files, and for this run alone
}

// orOffer is the rate for a generator that has no other mode.
func (l load) orOffer() int {
	if l.rate > 0 {
		return l.rate
	}
	return l.offer
}

// peer is a generator. Each is told to send GET /, to one address, over the same number of connections,
// with one thread.
type peer struct {
	name    string
	deb     string                                                                        // the package of Debian that has it
	module  string                                                                        // or the Go module that it is built from
	version string                                                                        // of that module
	hint    string                                                                        // or how to come by it
	args    func(load) []string                                                           // nil where it cannot do this
	env     func(load) []string                                                           // beside our own; nil: none
	collect func(ctx context.Context, path string, l load, stdout []byte) ([]byte, error) // what parse reads; nil: stdout
	parse   func([]byte) (tally, error)
}

// bunched is weir with a wake quantum.
const bunched = "quantum"

// peers are in the order in which they take turns. wrk is first, because what it carries while it warms up
// is what the open loops' offer is made of; weir follows, to be as near to it in time as can be.
func peers() []peer {
	return []peer{
		{name: "wrk", deb: "wrk", args: wrkArgs, parse: parseWrk},
		{name: "weir", args: weirArgs, parse: parseWeir},
		{name: bunched, args: bunchedArgs, parse: parseWeir},
		{name: "wrk2", hint: "build github.com/giltene/wrk2 and put it on PATH as wrk2", args: wrk2Args, parse: parseWrk},
		{name: "h2load", deb: "nghttp2-client", args: h2loadArgs, parse: parseH2load},
		{name: "ab", deb: "apache2-utils", args: abArgs, parse: parseAB},
		{name: "hey", deb: "hey", args: heyArgs, parse: parseHey},
		{name: "vegeta", module: "github.com/tsenart/vegeta/v12", version: "v12.13.0", args: vegetaArgs, collect: vegetaReport, parse: parseVegeta},
		{name: "k6", module: "go.k6.io/k6", version: "v1.8.1", args: k6Args, env: k6Env, collect: k6Summary, parse: parseK6},
	}
}

func wrkArgs(l load) []string {
	if l.rate > 0 {
		return nil
	}
	args := []string{"-t1", fmt.Sprintf("-c%d", l.connections), fmt.Sprintf("-d%ds", l.seconds)}
	if !l.reuse {
		args = append(args, "-H", "Connection: close")
	}
	return append(args, l.url)
}

// wrk2Args: a closed loop too, so a rate that it cannot hold makes it as fast as it can be.
func wrk2Args(l load) []string {
	unpaced := l
	unpaced.rate = 0
	return append([]string{fmt.Sprintf("-R%d", l.orOffer())}, wrkArgs(unpaced)...)
}

// h2loadArgs: it always reuses its connections.
func h2loadArgs(l load) []string {
	if l.rate > 0 || !l.reuse {
		return nil
	}
	return []string{"--h1", "-t1", fmt.Sprintf("-c%d", l.connections), fmt.Sprintf("-D%d", l.seconds), l.url}
}

// abArgs: -t says when to stop, and -n after it how many requests to make room for; HTTP/1.0, it has no other.
func abArgs(l load) []string {
	if l.rate > 0 {
		return nil
	}
	args := []string{"-q", "-d", "-S", "-c", strconv.Itoa(l.connections), "-t", strconv.Itoa(l.seconds), "-n", "5000000"}
	if l.reuse {
		args = append(args, "-k")
	}
	return append(args, l.url)
}

func heyArgs(l load) []string {
	if l.rate > 0 {
		return nil
	}
	args := []string{"-z", fmt.Sprintf("%ds", l.seconds), "-c", strconv.Itoa(l.connections), "-cpus", "1", "-disable-compression"}
	if !l.reuse {
		args = append(args, "-disable-keepalive")
	}
	return append(args, l.url)
}

func vegetaArgs(l load) []string {
	targets := filepath.Join(l.dir, "targets")
	if os.WriteFile(targets, []byte("GET "+l.url+"\n"), 0o666) != nil {
		return nil
	}
	n := strconv.Itoa(l.connections)
	return []string{
		"attack", "-targets=" + targets, "-rate=" + strconv.Itoa(l.rate), fmt.Sprintf("-duration=%ds", l.seconds),
		"-workers=" + n, "-max-workers=" + n, "-connections=" + n, "-max-connections=" + n,
		fmt.Sprintf("-keepalive=%t", l.reuse), "-output=" + filepath.Join(l.dir, "results"),
	}
}

// vegetaReport makes the report in a process of its own, whose CPU is not counted.
func vegetaReport(ctx context.Context, path string, l load, _ []byte) ([]byte, error) {
	return exec.CommandContext(ctx, path, "report", "-type=json", filepath.Join(l.dir, "results")).Output()
}

//go:embed k6.js
var k6Script []byte

func k6Args(l load) []string {
	script := filepath.Join(l.dir, "k6.js")
	if os.WriteFile(script, k6Script, 0o666) != nil {
		return nil
	}
	return []string{"run", "--quiet", "--no-usage-report", "--no-color", "--summary-export", filepath.Join(l.dir, "summary"), script}
}

func k6Env(l load) []string {
	return []string{
		"URL=" + l.url, "CONNECTIONS=" + strconv.Itoa(l.connections), "SECONDS=" + strconv.Itoa(l.seconds),
		"RATE=" + strconv.Itoa(l.rate), "REUSE=" + strconv.FormatBool(l.reuse),
	}
}

func k6Summary(_ context.Context, _ string, l load, _ []byte) ([]byte, error) {
	return os.ReadFile(filepath.Join(l.dir, "summary"))
}
