package probe

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func newSample() *Sample {
	return &Sample{Counters: map[string]uint64{}, Gauges: map[string]uint64{}}
}

func TestPressure(t *testing.T) {
	for file, want := range map[string][2]uint64{"pressure-4.20": {0, 1},
		"pressure-6.18": {9845, 839966565}} {
		s := newSample()
		err := parsePressure(fixture(t, file), s)
		if got := [2]uint64{s.Gauges["psi.cpu.some.avg10"],
			s.Counters["psi.cpu.some.total_us"]}; err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", file, got, err, want)
		}
	}
	for _, text := range []string{"", "full avg10=0.00 total=1\n", "some avg10=x total=1\n",
		"some avg10=NaN\n", "some avg10=101\n", "some total=-1\n"} {
		if err := parsePressure([]byte(text), newSample()); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestSoftnet(t *testing.T) {
	for file, want := range map[string][2]uint64{"softnet-2.6.32": {7, 11}, "softnet-6.18": {0, 26}} {
		got := map[string]uint64{}
		err := parseSoftnet(fixture(t, file), got)
		if err != nil || got["softnet.dropped"] != want[0] || got["softnet.time_squeeze"] != want[1] {
			t.Errorf("%s: %v, %v; want %v", file, got, err, want)
		}
	}
	for _, text := range []string{"", "1 2\n", "1 2 x\n", "1 100000000 0\n"} {
		if err := parseSoftnet([]byte(text), map[string]uint64{}); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestPortRange(t *testing.T) {
	for _, test := range []struct {
		local, reserved string
		size            uint64
		in, out         []uint16
	}{
		{"32768\t60999\n", "\n", 28232, []uint16{32768, 60999}, []uint16{32767, 61000, 0}},
		{"1000\t1009\n", "80,1001,1003-1005,1009-1100\n", 5, []uint16{1000, 1002, 1008},
			[]uint16{80, 1001, 1004, 1009, 1010}},
		{"1\t65535\n", "", 65535, []uint16{1, 65535}, []uint16{0}},
		{"7\t7\n", "1-65535\n", 0, nil, []uint16{7}},
	} {
		r, err := parsePortRange([]byte(test.local), []byte(test.reserved))
		if err != nil || r.size() != test.size {
			t.Errorf("%q without %q: %d, %v", test.local, test.reserved, r.size(), err)
		}
		for _, p := range test.in {
			if !r.has(p) {
				t.Errorf("%q without %q has not %d", test.local, test.reserved, p)
			}
		}
		for _, p := range test.out {
			if r.has(p) {
				t.Errorf("%q without %q has %d", test.local, test.reserved, p)
			}
		}
	}
	for _, bad := range [][2]string{{"", ""}, {"1", ""}, {"2 1", ""}, {"1 65536", ""}, {"1 2", "x"},
		{"1 2", "5-4"}, {"1 2", "5,4"}, {"1 2", "1,1"}} {
		if r, err := parsePortRange([]byte(bad[0]), []byte(bad[1])); err == nil || r.size() != 0 {
			t.Errorf("%q is taken: %v", bad, r)
		}
	}
}

func TestCPUStat(t *testing.T) {
	for file, want := range map[string]cpuStat{
		"cpustat-v1-3.10":      {120, 30, 4500123, true},
		"cpustat-v2-5.15":      {120, 30, 4500123, true},
		"cpustat-v2-root-6.18": {},
	} {
		if got, err := parseCPUStat(fixture(t, file)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", file, got, err)
		}
	}
	if _, err := parseCPUStat([]byte("nr_throttled -1\n")); err == nil {
		t.Error("a negative number is taken")
	}
}

const mountsOfVersion2 = `29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
30 23 0:5 / /dev rw - devtmpfs udev rw
`

const mountsOfContainer = `901 800 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro master:11 - cgroup cgroup rw,cpu,cpuacct
902 800 0:30 /docker/abc /sys/fs/cgroup/memory ro master:12 - cgroup cgroup rw,memory
903 800 0:31 / /sys/fs/cgroup/with\040blank ro - cgroup2 cgroup rw
`

func TestCgroupDirs(t *testing.T) {
	for _, test := range []struct {
		membership, mounts string
		want               []string
	}{
		{"0::/system.slice/web.service\n", mountsOfVersion2,
			[]string{"/sys/fs/cgroup/system.slice/web.service", "/sys/fs/cgroup/system.slice",
				"/sys/fs/cgroup"}},
		{"0::/\n", mountsOfVersion2, []string{"/sys/fs/cgroup"}},
		{"0::/../elsewhere\n", mountsOfVersion2, nil},
		{"5:cpu,cpuacct:/docker/abc/in\n4:memory:/docker/abc\n", mountsOfContainer,
			[]string{"/sys/fs/cgroup/cpu,cpuacct/in", "/sys/fs/cgroup/cpu,cpuacct"}},
		{"5:cpu,cpuacct:/docker/abcd\n", mountsOfContainer, nil},
		{"5:cpuset:/docker/abc\n", mountsOfContainer, nil},
		{"0::/x\n", mountsOfContainer, []string{"/sys/fs/cgroup/with blank/x", "/sys/fs/cgroup/with blank"}},
		{"nonsense\n0:\n", mountsOfVersion2, nil},
	} {
		if got := cgroupDirs(test.membership, parseCgroupMounts(test.mounts)); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.membership, got, test.want)
		}
	}
}

func TestTally(t *testing.T) {
	var sum tally[string]
	for i, round := range []struct {
		values map[string]uint64
		want   uint64
	}{
		{map[string]uint64{"a": 100, "b": 5}, 0},
		{map[string]uint64{"a": 110, "b": 6}, 11},
		{map[string]uint64{"a": 111}, 12},
		{map[string]uint64{"a": 111, "b": 50}, 12}, // was gone: another b
		{map[string]uint64{"a": 3, "b": 51}, 13},   // went back: another a
		{nil, 13},
		{map[string]uint64{"a": 4}, 13},
	} {
		for owner, v := range round.values {
			sum.add(owner, v)
		}
		if got := sum.sum(); got != round.want {
			t.Errorf("round %d: %d, want %d", i, got, round.want)
		}
	}
	if len(sum.last) != 1 {
		t.Errorf("remembers %v", sum.last)
	}
}

func TestSysctlChanges(t *testing.T) {
	before := map[string]string{"a": "1", "b": "2", "gone": "x", "none": ""}
	got := SysctlChanges(before, map[string]string{"a": "1", "b": "3", "new": "y"})
	if want := []SysctlChange{{"b", "2", "3"}, {"gone", "x", ""}, {"new", "", "y"}}; !slices.Equal(got,
		want) {
		t.Errorf("%v", got)
	}
	if got := SysctlChanges(before, nil); got != nil {
		t.Errorf("what could not be read has changed: %v", got)
	}
}

// FuzzStarved holds that what explains a starved listener stays within its names and makes sense.
func FuzzStarved(f *testing.F) {
	for _, name := range []string{"pressure-6.18", "softnet-6.18", "cpustat-v1-3.10", "cpustat-v2-5.15"} {
		f.Add(fixture(f, name))
	}
	for _, text := range []string{"32768\t60999\n", "80,1001-1005\n", "0::/a/b\n", mountsOfContainer,
		"1377505 892102 14\n"} {
		f.Add([]byte(text))
	}
	known := []string{"psi.cpu.some.total_us", "softnet.dropped", "softnet.time_squeeze"}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := newSample()
		parsePressure(text, s)
		parseSoftnet(text, s.Counters)
		for name := range maps.Keys(s.Counters) {
			if !slices.Contains(known, name) {
				t.Errorf("a counter %q", name)
			}
		}
		if v := s.Gauges["psi.cpu.some.avg10"]; v > 10000 || len(s.Gauges) > 1 {
			t.Errorf("gauges %v", s.Gauges)
		}
		parseCPUStat(text)
		for _, reserved := range [][]byte{nil, text} {
			r, err := parsePortRange(text, reserved)
			if err == nil {
				r2, err := parsePortRange([]byte("1 65535"), reserved)
				if err == nil && r2.size() > 65535 || r.size() > 65536 {
					t.Errorf("%d and %d ports", r.size(), r2.size())
				}
			}
		}
		for _, m := range []string{mountsOfVersion2, mountsOfContainer, string(text)} {
			for _, dir := range cgroupDirs(string(text), parseCgroupMounts(m)) {
				if m != string(text) && !strings.HasPrefix(dir, "/sys/fs/cgroup") {
					t.Errorf("%q leads out of the mount", dir)
				}
			}
		}
	})
}
