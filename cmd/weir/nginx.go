package main

import (
	"fmt"
	"strings"

	"weir/probe/nginxlog"
)

// nginxAdvice is the piece of configuration that lets weir see what NGINX sees.
func nginxAdvice() string {
	format := "'" + strings.ReplaceAll(nginxlog.AccessFormat, `,"upstream`, "'\n        ',\"upstream") + "'"
	return fmt.Sprintf(`# In NGINX's http block. weir only reads what this writes.

# A line of JSON for each request, which X-Request-Id joins with weir's own record of it.
# No buffer= here, for a line must not come after the run. A server or location that has an access_log of its own needs
# this one repeated there.
log_format weir escape=json
        %s;
access_log /var/log/nginx/weir.json weir;   # --nginx-access-log /var/log/nginx/weir.json

# "info": without it the clients that gave up (499) are not in the log.
error_log /var/log/nginx/error.log info;    # --nginx-error-log /var/log/nginx/error.log

# stub_status with a listener of its own: on that of the service a poll would wait in the queue that is overloaded.
server {
    listen 127.0.0.1:8081;                  # --nginx-status http://127.0.0.1:8081/
    access_log off;
    location / { stub_status; allow 127.0.0.1; deny all; }
}
`, format)
}
