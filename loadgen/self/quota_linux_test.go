package self

import (
	"os"
	"path/filepath"
	"testing"
)

// TestQuota: the strictest of the groups counts, those above it too, and what is no number bounds nothing.
func TestQuota(t *testing.T) {
	const v2 = "0::/a/b\n"
	for name, c := range map[string]struct {
		groups string
		files  map[string]string
		want   float64
	}{
		"none":    {v2, map[string]string{"a/b/cpu.max": "max 100000\n"}, 0},
		"its own": {v2, map[string]string{"a/b/cpu.max": "50000 100000\n"}, 0.5},
		"one above": {v2, map[string]string{"a/b/cpu.max": "max 100000\n",
			"a/cpu.max": "150000 100000\n"}, 1.5},
		"the strictest": {v2, map[string]string{"a/b/cpu.max": "400000 100000",
			"a/cpu.max": "200000 100000"}, 2},
		"a container's": {"0::/of/the/host\n", map[string]string{"cpu.max": "100000 100000\n"}, 1},
		"version 1": {"4:memory:/m\n3:cpu,cpuacct:/c\n0::/\n",
			map[string]string{"cpu/c/cpu.cfs_quota_us": "20000\n", "cpu/c/cpu.cfs_period_us": "100000\n"},
			0.2},
		"version 1, none": {"3:cpu:/c\n", map[string]string{"cpu/c/cpu.cfs_quota_us": "-1\n",
			"cpu/c/cpu.cfs_period_us": "100000\n"}, 0},
		"another controller":     {"2:cpuset:/\n", map[string]string{"cpu.max": "1 2"}, 0},
		"no period":              {v2, map[string]string{"a/b/cpu.max": "50000 0"}, 0},
		"nonsense":               {"::\n\n0:\n" + v2, map[string]string{"a/b/cpu.max": "x"}, 0},
		"a path that climbs out": {"0::/../../..\n", map[string]string{"cpu.max": "300000 100000"}, 3},
	} {
		mount := t.TempDir()
		for file, text := range c.files {
			file = filepath.Join(mount, file)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := quota(mount, c.groups); got != c.want {
			t.Errorf("%s: %v processors, want %v", name, got, c.want)
		}
	}
}
