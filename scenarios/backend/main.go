package backend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// ready is the first line that Main prints, once connections are queued.
type ready struct {
	Ready   bool   `json:"ready"`
	Address string `json:"address"` // with the port that was given where 0 was asked for
}

// Main runs a server as a process of its own. It prints {"ready":true,"address":…} when it listens, then
// its stamps, one a line, and ends without error when stdin or ctx does: a server whose parent was killed
// must not stay. Give it a pipe as stdin, not /dev/null.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	config, err := parseFlags(args, stderr)
	if errors.Is(err, pflag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	server, err := Listen(config)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(ready{true, server.Addr()}); err != nil {
		return errors.Join(fmt.Errorf("backend: say that it is ready: %w", err), server.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		cancel()
	}()
	return server.Serve(ctx, stdout)
}

func parseFlags(args []string, stderr io.Writer) (Config, error) {
	var c Config
	flags := pflag.NewFlagSet("backend", pflag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.Address, "listen", "127.0.0.1:8000", "`host:port`, or unix:/path")
	flags.IntVar(&c.Workers, "workers", 8, "synchronous workers")
	flags.IntVar(&c.Backlog, "backlog", 128, "for listen(2): one connection more fits")
	flags.BoolVar(&c.Clamp, "clamp", false, "let net.core.somaxconn cut the backlog down without an error")
	c.Service = Constant(20 * time.Millisecond)
	flags.Var(&c.Service, "service-time",
		"what a worker sleeps for a request: 20ms, exponential:20ms, lognormal:20ms/0.5, empirical:10ms/20ms/1s")
	flags.BoolVar(&c.Compute, "compute", false,
		"a sync worker computes for its service time, and does not sleep")
	flags.Uint64Var(&c.Seed, "seed", 1, "of everything random")
	flags.Var((*endpoints)(&c.Endpoints), "endpoint",
		"a `path` with an answer of its own, as /payment=3s or /sick=20ms,body=1000,drop=0.1,partial=0.1,garbage=0.1; as often as wanted")
	flags.Float64Var(&c.Drop, "drop", 0, "`share` of requests whose connection is closed without an answer")
	flags.Float64Var(&c.Partial, "partial", 0, "`share` of answers that break off")
	flags.Float64Var(&c.Garbage, "garbage", 0, "`share` of answers that are not HTTP")
	flags.StringVar(&c.Kind, "kind", Sync, "of the workers, `sync|threaded|async`")
	flags.IntVar(&c.Threads, "threads", 0, "of a threaded worker; 0: 4")
	flags.IntVar(&c.Connections, "connections", 0, "that a threaded or async worker has at once; 0: 1000")
	flags.DurationVar(&c.KeepAlive, "keep-alive", 0,
		"how long threaded and async workers keep an idle connection; 0: they close each")
	flags.DurationVar(&c.PauseEvery, "pause-every", 0,
		"how often the whole server stands still, for --pause-for; 0: never")
	flags.DurationVar(&c.PauseFor, "pause-for", 0, "how long it then does")
	flags.DurationVar(&c.KillAfter, "kill-after", 0,
		"kill a sync worker that works for longer, without an answer; 0: never")
	flags.DurationVar(&c.Restart, "restart", 0, "how long a killed worker is away")
	flags.StringVar(&c.HealthPath, "health-path", "/health", "answered without the service time")
	flags.IntVar(&c.Body, "body", 0, "`bytes` of the response's body")
	flags.DurationVar(&c.ReadTimeout, "read-timeout", 5*time.Second,
		"how long a silent client may hold a worker")
	if err := flags.Parse(args); err != nil {
		return c, fmt.Errorf("backend: %w", err)
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("backend: %q: only flags are taken", flags.Arg(0))
	}
	if path, ok := strings.CutPrefix(c.Address, "unix:"); ok {
		c.Network, c.Address = "unix", path
	}
	return c, nil
}

// endpoints is a flag that may be given often.
type endpoints []Endpoint

func (e *endpoints) String() string { return "" }
func (e *endpoints) Type() string   { return "path" }

func (e *endpoints) Set(text string) error {
	var one Endpoint
	if err := one.UnmarshalText([]byte(text)); err != nil {
		return err
	}
	*e = append(*e, one)
	return nil
}
