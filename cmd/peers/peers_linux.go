package main

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// load is what a generator has to do in one run. It stands on the command line of our own child.
type load struct {
	URL         string  // empty: to no server, as of our pacer alone
	Connections int     // for weir requests in flight, at the most
	Reuse       bool    // connections are kept
	Rate        float64 // requests/s; 0: as many as the connections carry
	Offer       float64 // requests/s where that is 0 and a generator needs a rate: more than is carried
	Poisson     bool
	Duration    time.Duration
	Timeout     time.Duration // of each request
	Quantum     time.Duration // --wake-quantum
	Stalled     time.Duration // the server never answers, and lags count from that time on; 0: it answers
	Dir         string        // for the files of this run alone
}

// peer is a generator. Each sends GET / to one address over the same number of connections, with one thread.
// What it prints is read by patterns: all groups of all matches are added up.
type peer struct {
	name               string
	from               string // Debian's package, or module@version; empty: this program
	kept, fresh, paced string // arguments; empty where it cannot do this
	stdin              string
	after              string // a command that prints what is read; empty: the generator prints it

	all  string // requests that were completed
	good string // those with an answer 2xx or 3xx; empty: all but the bad ones
	bad  string
	lost string // requests without an answer that are not among all
	rate string // all a second
	took string // or how long all took, ns
	need string // what must be there besides
}

//go:embed k6.js
var k6Script string

const (
	own     = "weir-child"
	wrkArgs = "-t1 -c$connections -d${seconds}s $url"
	heyArgs = "-z ${seconds}s -c $connections -cpus 1 -disable-compression $url"
	// -n after -t: how many to make room for
	abArgs     = "-q -d -S -c $connections -t $seconds -n 5000000 $url"
	vegetaArgs = "attack -rate=$rate -duration=${seconds}s -workers=$connections -max-workers=$connections " +
		"-connections=$connections -max-connections=$connections -keepalive=$reuse -output=$dir/results"
	k6Args = "run --quiet --no-usage-report --no-color --summary-export $dir/summary -e URL=$url " +
		"-e CONNECTIONS=$connections -e SECONDS=$seconds -e RATE=$rate -e REUSE=$reuse -"
)

// peers are in the order in which they take turns. wrk is first, because what it carries while it warms up is
// what the generators that always need a rate are offered; weir follows, to be as near to it in time as can
// be.
var peers = []peer{
	{name: "wrk", from: "wrk", kept: wrkArgs, fresh: "-H $close " + wrkArgs,
		all: `(?m)^ *(\d+) requests in `, rate: `(?m)^Requests/sec: *([\d.]+)$`,
		bad:  `Non-2xx or 3xx responses: (\d+)`,
		lost: `Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)`},
	{name: "weir", kept: own, fresh: own, paced: own},
	{name: "quantum", paced: own}, // it matters where there is time to sleep
	{name: "h2load", from: "nghttp2-client", kept: "--h1 -t1 -c$connections -D$seconds $url",
		all: `requests: .* started, (\d+) done,`, good: `, (\d+) succeeded,`,
		rate: `finished in [\d.]+\w+, ([\d.]+) req/s`},
	{name: "ab", from: "apache2-utils", kept: "-k " + abArgs, fresh: abArgs,
		all: `Complete requests: +(\d+)`, need: `Failed requests:`, rate: `Requests per second: +([\d.]+) `,
		bad: `(?:Failed requests|Non-2xx responses): +(\d+)`}, // an answer 503 is no "failed request" to it
	{name: "hey", from: "hey", kept: heyArgs, fresh: "-disable-keepalive " + heyArgs,
		// answers, and how often which error
		all:  `(?m)^ +\[\d{3}\]\s+(\d+) responses$|^ +\[(\d+)\]\s+[^\d\s].*$`,
		good: `(?m)^ +\[[23]\d\d\]\s+(\d+) responses$`, rate: `(?m)^ +Requests/sec:\s+([\d.]+)$`},
	{name: "vegeta", from: "github.com/tsenart/vegeta/v12@v12.13.0",
		kept: vegetaArgs, fresh: vegetaArgs, paced: vegetaArgs,
		stdin: "GET $url\n", after: "vegeta report -type=json $dir/results",
		all: `"requests":(\d+)`, good: `"[23]\d\d":(\d+)`, took: `"duration":(\d+),"wait":(\d+)`},
	{name: "k6", from: "go.k6.io/k6@v1.8.1", kept: k6Args, fresh: k6Args, paced: k6Args,
		stdin: k6Script, after: "cat $dir/summary",
		all: `"http_reqs": \{[^}]*"count": (\d+)`, rate: `"http_reqs": \{[^}]*"rate": ([\d.]+)`,
		// passes: it did fail
		bad: `"http_req_failed": \{[^}]*"passes": (\d+)`, need: `"http_req_failed": \{`},
}

// about is the generator's version, or how to come by it where it is not installed.
func (p peer) about() (version, missing string) {
	_, err := exec.LookPath(p.name)
	module, version, built := strings.Cut(p.from, "@")
	switch {
	case p.from == "":
		return release, ""
	case err != nil && built:
		return "", "not built: " + module
	case err != nil:
		return "", "not installed: apt-get install " + p.from
	case !built:
		out, _ := exec.Command("dpkg-query", "-W", "-f", "${Package} ${Version}", p.from).Output()
		version = cmp.Or(string(out), "of unknown version")
	}
	return version, ""
}

// args are the generator's for a load; none where it cannot do that.
func (p peer) args(l load) []string {
	args := p.fresh
	switch {
	case l.Rate > 0:
		args = p.paced
	case l.Reuse:
		args = p.kept
	}
	return l.words(args)
}

// words are those of a command, with what stands for values of the load.
func (l load) words(command string) []string {
	words := strings.Fields(command)
	for i, w := range words {
		words[i] = os.Expand(w, func(name string) string {
			return fmt.Sprint(map[string]any{
				"url": l.URL, "connections": l.Connections, "seconds": l.Duration.Seconds(),
				"close": "Connection: close",
				"rate":  int(l.Rate), "offer": int(l.Offer), "reuse": l.Reuse, "dir": l.Dir,
			}[name])
		})
	}
	return words
}

// run is one run of the generator.
func (p peer) run(ctx context.Context, l load) (sample, error) {
	if p.from == "" {
		return runWeir(ctx, l)
	}
	stdin, args := strings.ReplaceAll(p.stdin, "$url", l.URL), append([]string{p.name}, p.args(l)...)
	out, s, err := execute(ctx, l.Duration, stdin, args...)
	if err == nil && p.after != "" { // its CPU does not count
		var text []byte
		after := l.words(p.after)
		text, err = exec.CommandContext(ctx, after[0], after[1:]...).Output()
		out = string(text)
	}
	if err == nil {
		s.tally, err = p.parse(out)
	}
	return s, err
}

// tally is what a generator reports of one run.
type tally struct {
	ok     uint64
	failed uint64  // bad answers, and requests without any
	rate   float64 // ok a second, by the generator's own clock
}

// parse refuses a run in which nothing was completed: an output that was misread must not become a zero.
func (p peer) parse(out string) (tally, error) {
	all, ok, rate := sum(out, p.all), sum(out, p.good), sum(out, p.rate)
	if p.good == "" {
		ok = all - sum(out, p.bad)
	}
	if p.took != "" {
		rate = all / sum(out, p.took) * float64(time.Second)
	}
	if !(all > 0 && rate > 0) || math.IsInf(rate, 0) || !regexp.MustCompile(p.need).MatchString(out) {
		return tally{}, errors.New("no request was completed, or the output is another one: " + lastLine(out))
	}
	ok = min(max(ok, 0), all)
	return tally{uint64(ok), uint64(all - ok + sum(out, p.lost)), rate * ok / all}, nil
}

func sum(text, pattern string) (sum float64) {
	if pattern == "" {
		return 0
	}
	for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		for _, group := range found[1:] {
			n, _ := strconv.ParseFloat(group, 64) // a group of another alternative is empty
			sum += n
		}
	}
	return sum
}
