package nginx

import (
	"testing"
	"time"
)

func TestTimeouts(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"900ms": 900 * time.Millisecond, "1s": time.Second, "60": time.Minute, "1m30s": 90 * time.Second,
		"1m 30s": 90 * time.Second,
		"2h":     2 * time.Hour, "soon": 0, "1x": 0, "": 0, "s": 0, "-1s": 0,
	} {
		if got, ok := parseTime(text); got != want || ok != (want != 0) {
			t.Errorf("%q: %v %v, want %v", text, got, ok, want)
		}
	}
	c := Config{Directives: map[string]string{"proxy_connect_timeout": "900ms", "fastcgi_read_timeout": "3s"}}
	if c.ConnectTimeout() != 900*time.Millisecond || c.ReadTimeout() != time.Minute {
		t.Errorf("%v, %v", c.ConnectTimeout(), c.ReadTimeout())
	}
	c.Script = "/index.php"
	if c.ConnectTimeout() != time.Minute || c.ReadTimeout() != 3*time.Second {
		t.Errorf("FastCGI: %v, %v", c.ConnectTimeout(), c.ReadTimeout())
	}
}
