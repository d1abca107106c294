package compare

import (
	"slices"
	"testing"

	"weir/report/result"
	"weir/report/words"
)

func proxied(connect, read float64) *result.ProxyTimeouts {
	return &result.ProxyTimeouts{Connect: &connect, Read: &read, Source: "stated"}
}

// TestLoadsNamesEverySetting: whatever differs in how two lanes were loaded is said, alone and by name, and
// what one of the records does not say is taken for nothing.
func TestLoadsNamesEverySetting(t *testing.T) {
	lane := func() *result.Lane {
		return &result.Lane{Name: "direct", Timeout: 10, MaxInFlight: 10_000, ProxyTimeouts: proxied(.3, 60),
			Options: &result.Options{
				Close: "orderly", RequestsPerConnection: 100, IdleTimeout: 60, MaxIdle: 32,
				LocalAddrs: []string{"10.0.0.1"}, MaxBody: 1 << 20, RequestIDs: true, Requests: 3,
				WakeQuantum: 300e-6,
			}}
	}
	if all := Loads(lane(), lane()); len(all) > 0 {
		t.Errorf("two of the same: %v", all)
	}
	old := lane()
	old.Options, old.ProxyTimeouts = nil, nil
	if all := slices.Concat(Loads(lane(), old), Loads(old, lane())); len(all) > 0 {
		t.Errorf("one does not say: %v", all)
	}
	type mismatch struct {
		code       result.Code
		what, a, b string
	}
	for want, change := range map[mismatch]func(*result.Lane){
		{"proxy_connect_timeout", "proxy's connect timeout", "300 ms",
			"900 ms"}: func(l *result.Lane) { l.ProxyTimeouts = proxied(.9, 60) },
		{"proxy_read_timeout", "proxy's read timeout", "60 s",
			"5 s"}: func(l *result.Lane) { l.ProxyTimeouts = proxied(.3, 5) },
		{"timeout", "timeout", "10 s",
			"5 s"}: func(l *result.Lane) { l.Timeout = 5 },
		{"max_in_flight", "limit of requests in flight", "10,000",
			"64"}: func(l *result.Lane) { l.MaxInFlight = 64 },
		{"close", "way of closing connections", "orderly",
			"rst"}: func(l *result.Lane) { l.Options.Close = "rst" },
		{"requests_per_connection", "limit of requests on a connection", "100",
			"none"}: func(l *result.Lane) { l.Options.RequestsPerConnection = 0 },
		{"idle_timeout", "idle timeout", "60 s",
			"30 s"}: func(l *result.Lane) { l.Options.IdleTimeout = 30 },
		{"max_idle", "limit of idle connections", "32",
			"8"}: func(l *result.Lane) { l.Options.MaxIdle = 8 },
		{"local_addr", "set of own addresses", "10.0.0.1",
			"the kernel's choice"}: func(l *result.Lane) { l.Options.LocalAddrs = nil },
		{"local_addr", "set of own addresses", "10.0.0.1",
			"10.0.0.1, 10.0.0.2 and 3, and 1 more"}: func(l *result.Lane) { l.Options.LocalAddrs = []string{"10.0.0.1", "10.0.0.2", "3", "4"} },
		{"max_body", "limit of body bytes", "1,048,576",
			"1"}: func(l *result.Lane) { l.Options.MaxBody = 1 },
		{"request_ids", "use of X-Request-Id", "sent",
			"not sent"}: func(l *result.Lane) { l.Options.RequestIDs = false },
		{"wake_quantum", "time within which requests are sent together", "300 µs",
			"0 s"}: func(l *result.Lane) { l.Options.WakeQuantum = 0 },
		{"insecure", "verification of certificates", "as usual",
			"none"}: func(l *result.Lane) { l.Options.Insecure = true },
		{"requests", "number of different requests", "3",
			"1"}: func(l *result.Lane) { l.Options.Requests = 1 },
	} {
		other := lane()
		change(other)
		got := Loads(lane(), other)
		if len(got) != 1 || got[0].Code != want.code {
			t.Errorf("%v, want %v alone", got, want)
			continue
		}
		if text := words.Of(got[0].warning().Text); text != "The "+want.what+" differs: "+want.a+" against "+
			want.b+"." {
			t.Errorf("%s, want %v", text, want)
		}
	}
}
