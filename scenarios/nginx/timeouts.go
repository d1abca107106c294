package nginx

import (
	"strconv"
	"strings"
	"time"
)

// defaultTimeout is that of proxy_connect_timeout and proxy_read_timeout, and of their like for FastCGI
// (ngx_http_proxy_module, ngx_http_fastcgi_module).
const defaultTimeout = 60 * time.Second

// ConnectTimeout is how long the proxying location waits for a connection; 0 where the directive cannot be
// read.
func (c Config) ConnectTimeout() time.Duration { return c.timeout("connect_timeout") }

// ReadTimeout is how long it waits between two reads of the backend's answer; 0 where the directive cannot be
// read.
func (c Config) ReadTimeout() time.Duration { return c.timeout("read_timeout") }

func (c Config) timeout(what string) time.Duration {
	protocol := "proxy_"
	if c.Script != "" {
		protocol = "fastcgi_"
	}
	text, set := c.Directives[protocol+what]
	if !set {
		return defaultTimeout
	}
	d, ok := parseTime(text)
	if !ok {
		return 0
	}
	return d
}

// units of a time in NGINX's configuration, the longer suffix first: https://nginx.org/en/docs/syntax.html.
// Weeks and longer are no timeouts.
var units = []struct {
	suffix string
	of     time.Duration
}{{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}, {"d", 24 * time.Hour}}

// parseTime reads "900ms", "1m30s", "1m 30s" and "60", which are seconds. False where it is none.
func parseTime(text string) (sum time.Duration, ok bool) {
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(rest)
		}
		n, err := strconv.ParseInt(rest[:end], 10, 32)
		if err != nil {
			return 0, false
		}
		rest = rest[end:]
		of := time.Second
		for _, u := range units {
			if after, found := strings.CutPrefix(rest, u.suffix); found {
				rest, of = after, u.of
				break
			}
		}
		if rest != "" && rest[0] != ' ' && (rest[0] < '0' || rest[0] > '9') {
			return 0, false
		}
		sum, ok = sum+time.Duration(n)*of, true
	}
	return sum, ok
}
