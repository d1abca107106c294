package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"weir/loadgen"
)

// secured checks https: that it works, and that what a peer does to the connection keeps its name.
func secured(t *testing.T, open Open) {
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	start := func(t *testing.T, handle func(*visit)) *server {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return serveOn(t, tls.NewListener(l, config), handle)
	}
	https := func(s *server) loadgen.Target {
		target := s.target()
		target.URL, target.Insecure = "https://conformance.test/path?q=1", true
		return target
	}
	t.Run("ok", func(t *testing.T) {
		s := start(t, answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
		offer(t, open, https(s), few).check(t, 0, 200, loadgen.OK)
	})
	t.Run("keep-alive", func(t *testing.T) {
		s := start(t, func(v *visit) {
			for v.head() {
				v.say(alive)
			}
		})
		target := https(s)
		target.Connections = loadgen.Reuse
		r := offer(t, open, target, paced(4))
		r.check(t, 0, 200, loadgen.OK)
		checkConnections(t, s, r)
	})
	for name, want := range map[string]loadgen.Outcome{"while idle": loadgen.ReusedClosed,
		"after the request": loadgen.ClosedBeforeResponse} {
		t.Run("closed "+name, func(t *testing.T) {
			offerStale(t, open, brisk(4), func() (*server, loadgen.Target) {
				s := start(t, func(v *visit) {
					if v.head() {
						v.say(alive)
					}
					if want == loadgen.ClosedBeforeResponse {
						v.head()
					}
				})
				target := https(s)
				target.URL, target.Connections = "https://conformance.test/{{seq}}", loadgen.Reuse
				return s, target
			}, want, 0)
		})
	}
	t.Run("truncated", func(t *testing.T) {
		s := start(t, breakOff("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"))
		offer(t, open, https(s), few).check(t, 0, 200, loadgen.Truncated)
	})
	t.Run("a certificate that nobody signed", func(t *testing.T) {
		s := start(t, answer(alive))
		target := https(s)
		target.Insecure = false
		offer(t, open, target, few).check(t, 0, 0, loadgen.TLSFailed)
	})
	t.Run("not TLS", func(t *testing.T) {
		s := serve(t, "tcp", func(v *visit) { v.say("HTTP/1.1 400 Bad Request\r\n\r\n"); v.hang() })
		offer(t, open, https(s), few).check(t, 0, 0, loadgen.TLSFailed)
	})
	t.Run("closed in the handshake", func(t *testing.T) {
		s := serve(t, "tcp", func(v *visit) {
			_, _ = v.reader.ReadByte()
			_, _ = v.reader.Discard(v.reader.Buffered()) // what is left unread turns the FIN into an RST
		})
		offer(t, open, https(s), few).check(t, 0, 0, loadgen.ClosedBeforeResponse)
	})
	t.Run("silent in the handshake", func(t *testing.T) {
		s := serve(t, "tcp", (*visit).hang)
		target := https(s)
		impatient(&target)
		offer(t, open, target, few).check(t, 0, 0, loadgen.ResponseTimeout)
	})
}

func selfSigned(t *testing.T) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"conformance.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
