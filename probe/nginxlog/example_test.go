package nginxlog_test

import (
	"fmt"

	"weir/probe/nginxlog"
)

// What an error-log line says of the way to the upstream, by mechanism.
func ExampleParseError() {
	for _, text := range []string{
		`2026/01/02 03:04:05 [error] 7#7: *1 upstream timed out (110: Connection timed out) ` +
			`while connecting to upstream, upstream: "http://127.0.0.1:8000/", host: "x"`,
		`2026/01/02 03:04:05 [error] 7#7: *2 connect() to unix:/run/app.sock failed ` +
			`(11: Resource temporarily unavailable) while connecting to upstream, upstream: "http://unix:/run/app.sock:/", host: "x"`,
		`2026/01/02 03:04:05 [notice] 7#7: signal process started`,
	} {
		line, ok := nginxlog.ParseError([]byte(text))
		fmt.Printf("%v %q %d %q\n", ok, line.Class, line.Errno, line.Upstream)
	}
	// Output:
	// true "connect_timeout" 110 "127.0.0.1:8000"
	// true "unix_queue_full" 11 "unix:/run/app.sock"
	// false "" 0 ""
}
