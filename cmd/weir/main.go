// Command weir offers load to a server on a fixed schedule, watches the kernel's accept queue overflow,
// and says at which rate that began and what the clients saw.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := interruptible(context.Background())
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status(err, os.Stderr))
}

// run is the whole program; main only maps its error to an exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	root := newRoot(streams{stdin, stdout, stderr})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return root.ExecuteContext(ctx)
}

// streams are where a command reads and writes: results to out, progress and warnings to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// interruptible ends the context at the first interrupt, so that the record is closed and reported on, and
// the program at the second. Inside the lab we are PID 1, for which the kernel has no default action: the
// second must be handled too.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
			return
		}
		<-signals
		os.Exit(exitInterrupted)
	}()
	return ctx, cancel
}

// status prints an error in one line and returns the exit status.
func status(err error, stderr io.Writer) int {
	var own *statusError
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &own):
		if own.err != nil {
			fmt.Fprintf(stderr, "weir: %v\n", err) // with what was added on the way
		}
		return own.code
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "weir: interrupted")
		return exitInterrupted
	}
	fmt.Fprintf(stderr, "weir: %v\n", err)
	return exitCouldNotRun
}
