package probe

import (
	"os"
	"strings"
)

// sysctlNames decide what a full queue does, how a client tries again, and how many ports it has.
// netdev_max_backlog is of the host and not shown in other namespaces.
var sysctlNames = []string{
	"net.core.somaxconn",
	"net.core.netdev_max_backlog",
	"net.ipv4.tcp_abort_on_overflow",
	"net.ipv4.tcp_max_syn_backlog",
	"net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_syn_retries",
	"net.ipv4.tcp_synack_retries",
	"net.ipv4.tcp_syn_linear_timeouts",
	"net.ipv4.tcp_tw_reuse",
	"net.ipv4.tcp_max_tw_buckets",
	"net.ipv4.tcp_migrate_req",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports",
	"net.ipv4.tcp_fin_timeout",
}

// Sysctls reads the settings of cfg's network namespace that matter for listen queues, by their full
// names, fields separated by single spaces. /proc/sys shows the reader's own namespace and no other, so
// it must be entered: where that is not allowed the answer is empty. A setting that this kernel lacks
// is absent.
func Sysctls(cfg Config) map[string]string {
	values := make(map[string]string, len(sysctlNames))
	_ = inNamespaceOf(cfg, func() { // Open of the same cfg tells why it cannot be entered
		for _, name := range sysctlNames {
			text, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
			if err == nil {
				values[name] = strings.Join(strings.Fields(string(text)), " ")
			}
		}
	})
	return values
}
