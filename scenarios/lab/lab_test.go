package lab

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

func TestExplainNamesWhatForbids(t *testing.T) {
	const seccomp = "Name:\tweir\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n"
	tests := []struct {
		name  string
		err   error
		files map[string]string
		want  []string
	}{
		{"limit is zero", syscall.ENOSPC, map[string]string{"/proc/sys/user/max_user_namespaces": "0\n"},
			[]string{"user.max_user_namespaces=0", "sysctl -w user.max_user_namespaces="}},
		{"net limit is zero", syscall.ENOSPC, map[string]string{"/proc/sys/user/max_net_namespaces": "0\n"},
			[]string{"user.max_net_namespaces=0"}},
		{"debian", syscall.EPERM, map[string]string{"/proc/sys/kernel/unprivileged_userns_clone": "0\n"},
			[]string{"sysctl -w kernel.unprivileged_userns_clone=1"}},
		{"ubuntu", syscall.EPERM, map[string]string{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n"},
			[]string{"sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"}},
		{"two at once", syscall.EPERM, map[string]string{
			"/proc/sys/user/max_user_namespaces": "0", "/proc/sys/kernel/unprivileged_userns_clone": "0"},
			[]string{"user.max_user_namespaces=0", "kernel.unprivileged_userns_clone=0"}},
		{"container", syscall.EPERM, map[string]string{"/proc/self/status": seccomp},
			[]string{"--security-opt seccomp=unconfined"}},
		{"old kernel", syscall.EINVAL, map[string]string{"/proc/self/status": ""},
			[]string{"CONFIG_USER_NS"}},
		{"too many", syscall.ENOSPC, map[string]string{"/proc/self/status": ""},
			[]string{"limit on the number"}},
		{"allowed settings, unknown reason", syscall.EPERM, map[string]string{
			"/proc/sys/user/max_user_namespaces":         "96365\n",
			"/proc/sys/kernel/unprivileged_userns_clone": "1",
			"/proc/self/status":                          "Seccomp:\t0\n"},
			[]string{"no setting that is known"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := explain(fmt.Errorf("fork: %w", tt.err), func(path string) (string, bool) {
				text, ok := tt.files[path]
				return text, ok
			})
			if !errors.Is(got, tt.err) {
				t.Errorf("%v does not wrap %v", got, tt.err)
			}
			for _, want := range tt.want {
				if !strings.Contains(got.Error(), want) {
					t.Errorf("got %q, want %q in it", got, want)
				}
			}
		})
	}
}

func TestValidateRefuses(t *testing.T) {
	many := make([]HostSpec, maxHosts+1)
	for i := range many {
		many[i].Name = fmt.Sprintf("h%d", i)
	}
	sysctl := func(name, value string) []HostSpec {
		return []HostSpec{{Name: "a", Sysctls: map[string]string{name: value}}}
	}
	tests := map[string]struct {
		hosts []HostSpec
		want  string
	}{
		"no host":           {nil, "give 1 to"},
		"too many":          {many, "give 1 to"},
		"no name":           {[]HostSpec{{}}, "host name"},
		"long name":         {[]HostSpec{{Name: "averyverylongname"}}, "host name"},
		"path in a name":    {[]HostSpec{{Name: "../x"}}, "host name"},
		"twice":             {[]HostSpec{{Name: "a"}, {Name: "a"}}, "two hosts"},
		"machine's sysctl":  {sysctl("kernel.panic", "1"), "machine's"},
		"path in a sysctl":  {sysctl("net...kernel.panic", "1"), "machine's"},
		"slashes":           {sysctl("net/ipv4/tcp_syncookies", "1"), "machine's"},
		"empty value":       {sysctl("net.ipv4.tcp_syncookies", " "), "one non-empty line"},
		"two lines":         {sysctl("net.ipv4.tcp_syncookies", "1\n0"), "one non-empty line"},
		"quota below 0":     {[]HostSpec{{Name: "a", CPUQuota: -1}}, "CPU quota"},
		"too many hogs":     {[]HostSpec{{Name: "a", Hogs: 1000}}, "64 hogs"},
		"value beyond size": {sysctl("net.ipv4.tcp_syncookies", strings.Repeat("1", 300)), "at most 256"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := validate(tt.hosts)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
	if err := validate([]HostSpec{{Name: "client"},
		{Name: "php-fpm", Sysctls: map[string]string{"net.ipv4.ip_local_port_range": "1024\t2000"}}}); err != nil {
		t.Errorf("a good lab: %v", err)
	}
}
