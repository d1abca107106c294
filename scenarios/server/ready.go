package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"weir/loadgen/fcgi"
)

// askLimit bounds one health check.
const askLimit = 2 * time.Second

// ask asks for a path once.
func (s *Server) ask(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	if s.Protocol == FastCGI {
		return s.askFastCGI(ctx, path)
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return s.dial(ctx) },
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(len(answer)+1)))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || string(body) != answer {
		return fmt.Errorf("%s had %s and %q", path, resp.Status, body)
	}
	return nil
}

func (s *Server) dial(ctx context.Context) (net.Conn, error) {
	network, address := s.address()
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (s *Server) askFastCGI(ctx context.Context, path string) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(askLimit))
	var params []byte
	for _, p := range [][2]string{
		{"REQUEST_METHOD", "GET"}, {"SCRIPT_FILENAME", s.Script()}, {"SCRIPT_NAME", "/index.php"},
		{"REQUEST_URI", path}, {"DOCUMENT_URI", path}, {"SERVER_PROTOCOL", "HTTP/1.1"},
	} {
		params = fcgi.AppendParam(params, p[0], p[1])
	}
	if _, err := conn.Write(fcgi.AppendRequest(nil, params, nil, false)); err != nil {
		return err
	}
	response := fcgi.NewResponse()
	if err := response.Read(conn, len(answer), false); err != nil {
		return err
	}
	if response.Status != http.StatusOK {
		return fmt.Errorf("%s had status %d", path, response.Status)
	}
	return nil
}
