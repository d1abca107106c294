package scenarios

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"time"

	"weir/loadgen"
)

// identify asks a server for its name, by the Server header of one answer: "gunicorn", "nginx/1.22.1". It is
// the server's own word, and empty where it keeps that to itself.
func identify(ctx context.Context, t loadgen.Target) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: t.Insecure},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if t.Network == "unix" {
				network, address = t.Network, t.Address
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	client := http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, t.URL, nil)
	if err != nil {
		return ""
	}
	resp, err := client.Do(req)
	if err != nil {
		return ""
	}
	_ = resp.Body.Close()
	const longest = 80
	name := strings.ToValidUTF8(resp.Header.Get("Server"), "")
	return name[:min(len(name), longest)]
}
