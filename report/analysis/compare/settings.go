package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"weir/report/result"
)

// settings lists how two lanes' generators were set differently. Where one record does not say, nothing is known to
// differ.
func settings(a, b *result.Lane) (list []Mismatch) {
	x, y := a.Options, b.Options
	if x == nil || y == nil {
		return nil
	}
	list = differ(list, "close", "way of closing connections", x.Close, y.Close)
	list = differ(list, "requests_per_connection", "bound of requests on a connection", bound(x.RequestsPerConnection), bound(y.RequestsPerConnection))
	list = differ(list, "idle_timeout", "idle timeout", seconds(x.IdleTimeout), seconds(y.IdleTimeout))
	list = differ(list, "max_idle", "bound of idle connections", bound(x.MaxIdle), bound(y.MaxIdle))
	if !slices.Equal(x.LocalAddrs, y.LocalAddrs) {
		list = append(list, Mismatch{"local_addr", "set of own addresses", addresses(x.LocalAddrs), addresses(y.LocalAddrs)})
	}
	list = differ(list, "max_body", "longest body that is read", fmt.Sprintf("%d B", x.MaxBody), fmt.Sprintf("%d B", y.MaxBody))
	list = differ(list, "request_ids", "use of X-Request-Id", sent(x.RequestIDs), sent(y.RequestIDs))
	list = differ(list, "insecure", "verification of certificates", verified(x.Insecure), verified(y.Insecure))
	list = differ(list, "requests", "number of different requests", fmt.Sprint(x.Requests), fmt.Sprint(y.Requests))
	return differ(list, "wake_quantum", "time in which requests are sent together", seconds(x.WakeQuantum), seconds(y.WakeQuantum))
}

func bound(n int) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprint(n)
}

func addresses(all []string) string {
	const shown = 3
	if len(all) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:shown], ", "), len(all)-shown)
	}
	return cmp.Or(strings.Join(all, ", "), "the kernel's choice")
}

func sent(yes bool) string {
	if yes {
		return "sent"
	}
	return "not sent"
}

func verified(insecure bool) string {
	if insecure {
		return "none"
	}
	return "as usual"
}
