package probe

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCountersOfSeveralKernels(t *testing.T) {
	tests := []struct {
		file   string
		want   map[string]uint64
		absent []string
		count  int
	}{
		{"netstat-2.6.32", map[string]uint64{
			"TcpExtListenOverflows": 1<<64 - 1, "TcpExtListenDrops": 1 << 32, "TcpExtEmbryonicRsts": 7,
			"TcpExtTCPTimeouts": 99,
		}, []string{"TcpExtTCPReqQFullDrop", "TcpExtTCPTimeWaitOverflow", "TcpExtTCPSynRetrans",
			"TcpExtTCPBacklogDrop"}, 15},
		{"netstat-3.10", map[string]uint64{
			"TcpExtListenOverflows": 1<<64 - 1, "TcpExtListenDrops": 1 << 32, "TcpExtTCPReqQFullDrop": 5,
			"TcpExtTCPReqQFullDoCookies": 6, "TcpExtTCPTimeWaitOverflow": 8, "TcpExtTCPDeferAcceptDrop": 9,
		}, []string{"TcpExtTCPSynRetrans", "TcpExtTCPMigrateReqSuccess"}, 20},
		{"netstat-6.18", map[string]uint64{
			"TcpExtListenOverflows": 0, "TcpExtTCPSynRetrans": 0, "TcpExtTCPMigrateReqSuccess": 0,
		}, nil, 24},
		{"snmp-2.6.32", map[string]uint64{
			"TcpActiveOpens": 11, "TcpPassiveOpens": 12, "TcpAttemptFails": 13, "TcpEstabResets": 14,
			"TcpRetransSegs": 18, "TcpOutRsts": 20, "TcpInErrs": 0,
		}, []string{"TcpMaxConn"}, 9},
		{"snmp-3.10", map[string]uint64{"TcpOutRsts": 20}, nil, 9},
		{"snmp-6.18", map[string]uint64{"TcpRetransSegs": 1}, nil, 9},
	}
	for _, test := range tests {
		name, _, _ := strings.Cut(test.file, "-")
		table := newCounterTable(name, nil)
		for range 2 { // the second reading goes by the columns found in the first
			got := map[string]uint64{}
			if err := table.parse(fixture(t, test.file), got); err != nil {
				t.Fatalf("%s: %v", test.file, err)
			}
			for name, want := range test.want {
				if v, ok := got[name]; !ok || v != want {
					t.Errorf("%s: %s is %d, %v; want %d", test.file, name, v, ok, want)
				}
			}
			for _, name := range test.absent {
				if v, ok := got[name]; ok {
					t.Errorf("%s: %s is %d, must be absent", test.file, name, v)
				}
			}
			if len(got) != test.count {
				t.Errorf("%s: %d counters, want %d: %v", test.file, len(got), test.count,
					slices.Sorted(maps.Keys(got)))
			}
		}
	}
}

// A header that changes between two readings, as after a checkpoint restored on another kernel, is
// looked at again.
func TestColumnsFollowTheHeader(t *testing.T) {
	table, got := newCounterTable("netstat", nil), map[string]uint64{}
	for _, text := range []string{
		"TcpExt: ListenDrops ListenOverflows\nTcpExt: 1 2\n",
		"TcpExt: New ListenOverflows ListenDrops\nTcpExt: 9 2 1\n",
	} {
		clear(got)
		if err := table.parse([]byte(text), got); err != nil {
			t.Fatal(err)
		}
		if want := map[string]uint64{"TcpExtListenDrops": 1, "TcpExtListenOverflows": 2}; !maps.Equal(got,
			want) {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestDamagedTables(t *testing.T) {
	for text, want := range map[string]string{
		"TcpExt: ListenDrops\n":                               "not followed by its values",
		"TcpExt: ListenDrops\nIpExt: 1\n":                     "not followed by its values",
		"TcpExt: ListenDrops TW\nTcpExt: 1\n":                 "2 names, but 1 values",
		"TcpExt: ListenDrops\nTcpExt: 1 2\n":                  "1 names, but more values",
		"TcpExt: ListenDrops\nTcpExt: -1\n":                   "TcpExtListenDrops",
		"TcpExt: ListenDrops\nTcpExt: 18446744073709551616\n": "out of range",
		"no table\n": "not followed",
		"TcpExt: ListenDrops\nTcpExt: 1\nTcpExt: ListenOverflows\nTcpExt: many\n": "TcpExtListenOverflows",
	} {
		err := newCounterTable("netstat", nil).parse([]byte(text), map[string]uint64{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestSockstat(t *testing.T) {
	for file, want := range map[string]map[string]uint64{
		"sockstat-2.6.32": {"sockstat.TCP.tw": 28000, "sockstat.TCP.inuse": 12, "sockstat.TCP.orphan": 3,
			"sockstat.TCP.mem": 9},
		"sockstat-6.18": {"sockstat.TCP.tw": 4, "sockstat.TCP.inuse": 2, "sockstat.TCP.orphan": 0,
			"sockstat.TCP.mem": 348},
	} {
		got := map[string]uint64{}
		if err := parseSockstat(fixture(t, file), got); err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v, %v", file, got, err)
		}
	}
	for _, text := range []string{"", "UDP: inuse 1\n", "TCP: inuse 1 tw\n", "TCP: tw x\n"} {
		if err := parseSockstat([]byte(text), map[string]uint64{}); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestSteal(t *testing.T) {
	for text, want := range map[string]any{
		"cpu  39877 0 14256 280742 928 0 250 3220 0 0\ncpu0 1 2\n": uint64(3220),
		"cpu  39877 0 14256 280742 928 0 250 3220\n":               uint64(3220),
		"cpu  39877 0 14256 280742 928 0 250\n":                    nil, // 2.6.10
		"cpu0 1 1 1 1 1 1 1 1\ncpu  1 1 1 1 1 1 1 9\n":             uint64(9),
	} {
		got, err := parseSteal([]byte(text))
		if err != nil || (got == nil) != (want == nil) || got != nil && *got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if _, err := parseSteal([]byte("intr 1\n")); err == nil {
		t.Error("a file without a cpu line is taken")
	}
}

func FuzzTables(f *testing.F) {
	for _, name := range []string{"netstat-2.6.32", "netstat-6.18", "snmp-6.18", "sockstat-6.18"} {
		f.Add(fixture(f, name))
	}
	f.Add([]byte("TcpExt: ListenDrops\nTcpExt: 1\ncpu  1 2 3 4 5 6 7 8\nTCP: tw 1"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, gauges := map[string]uint64{}, map[string]uint64{}
		table := newCounterTable("netstat", nil)
		table.parse(text, got)
		table.parse(text, got)
		parseSteal(text)
		parseSockstat(text, gauges)
		for name := range got {
			if m, known := MetricOf(name); !known || m.Source != "netstat" {
				t.Errorf("a counter %q", name)
			}
		}
		if len(gauges) > 4 || len(table.layouts) > 16 {
			t.Errorf("%d gauges, %d layouts", len(gauges), len(table.layouts))
		}
	})
}
