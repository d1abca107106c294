package scenarios

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"weir/scenarios/catalogue"
)

const (
	slowTick = 100 * time.Millisecond // between two reads of a slow reader
	// bytes of its socket's receive buffer, so that the kernel does not read ahead of it
	slowBuffer = 4 << 10
)

// readSlowly has clients ask a host for a path and read the answers slower than they could come, as over a
// bad line: each, when it has one, asks for the next on a new connection. They are beside the load and are
// not counted as it.
func (b *labBuilder) readSlowly(ctx context.Context, e catalogue.Event) error {
	network, address := "tcp", ""
	if s := b.servers[e.Host]; s != nil {
		network, address = s.network, s.address
	} else {
		address = b.address(e.Host, proxyPort)
	}
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", cmp.Or(e.Path, "/"),
		e.Host)
	ctx, cancel := context.WithTimeout(ctx, e.For)
	defer cancel()
	var clients sync.WaitGroup
	for range e.Clients {
		clients.Go(func() {
			for ctx.Err() == nil {
				// An overloaded server may refuse: then it is asked again, as by an impatient user.
				if readOneSlowly(ctx, network, address, request, e.BytesPerSecond) != nil {
					_ = sleep(ctx, slowTick)
				}
			}
		})
	}
	clients.Wait()
	return nil
}

// readOneSlowly ends with the answer, or with ctx: then it closes the connection in the middle of it, which
// is no error.
func readOneSlowly(ctx context.Context, network, address, request string, perSecond int) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if c, ok := conn.(interface{ SetReadBuffer(int) error }); ok {
		if err := c.SetReadBuffer(slowBuffer); err != nil {
			return err
		}
	}
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if _, err := io.WriteString(conn, request); err != nil {
		return err
	}
	some := make([]byte, max(1, int(time.Duration(perSecond)*slowTick/time.Second)))
	for {
		_, err := io.ReadFull(conn, some)
		switch {
		case err == io.EOF, err == io.ErrUnexpectedEOF, ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if sleep(ctx, slowTick) != nil {
			return nil
		}
	}
}
