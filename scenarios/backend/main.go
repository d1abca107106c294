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
	flags.DurationVar(&c.ServiceTime, "service-time", 20*time.Millisecond, "what a worker sleeps for a request")
	flags.StringVar(&c.HealthPath, "health-path", "/health", "answered without the service time")
	flags.IntVar(&c.Body, "body", 0, "`bytes` of the response's body")
	flags.DurationVar(&c.ReadTimeout, "read-timeout", 5*time.Second, "how long a silent client may hold a worker")
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
