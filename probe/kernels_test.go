package probe

import (
	"slices"
	"testing"
)

// TestCapturedKernels reads what kernels printed after the same little experiment, whose outcome is known: a
// listener with backlog 1 that nobody accepts from, five connects to it of which the queue takes two, seven
// connections to other listeners that the client closes first, a connect to a port where nobody listens, and
// a process that burns the processor under a quota of a tenth.
func TestCapturedKernels(t *testing.T) {
	for _, test := range []struct {
		version string
		// TcpExtTW: on some kernels those that left TIME_WAIT by its clock, on others those that entered it
		timeWaits            uint64
		waited               uint64   // psi.cpu.some.total_us
		squeezed             uint64   // softnet
		periods, stopped, us uint64   // of the quota
		absent               []string // counters that came later
	}{
		{"5.10", 0, 1461992, 2, 46, 44, 760009,
			[]string{"TcpExtTCPMigrateReqSuccess", "TcpExtTCPMigrateReqFailure"}},
		{"6.1", 7, 1593403, 2, 43, 40, 699098, nil},
		{"6.12", 7, 9950672, 8, 85, 80, 1316412, nil},
		{"7.2", 7, 13267652, 6, 70, 63, 1082293, nil},
	} {
		t.Run(test.version, func(t *testing.T) {
			s := readFixtures(t, test.version)
			describe(t, s)
			for name, want := range map[string]uint64{
				"TcpExtListenOverflows": 3, "TcpExtListenDrops": 3, "TcpExtTCPReqQFullDrop": 0,
				"TcpExtSyncookiesSent": 0, "TcpExtEmbryonicRsts": 0,
				"TcpActiveOpens": 13, "TcpPassiveOpens": 9, "TcpAttemptFails": 1, "TcpOutRsts": 1,
				"TcpRetransSegs": 0, "TcpExtTW": test.timeWaits,
				"psi.cpu.some.total_us": test.waited, "softnet.dropped": 0,
				"softnet.time_squeeze": test.squeezed,
			} {
				if got, ok := s.Counters[name]; !ok || got != want {
					t.Errorf("%s is %d, %v; want %d", name, got, ok, want)
				}
			}
			for _, m := range Metrics {
				tables := m.Kind == Counter &&
					slices.Contains([]string{"netstat", "snmp", "pressure", "softnet"}, m.Source)
				if _, has := s.Counters[m.Name]; has != (tables && !slices.Contains(test.absent, m.Name)) {
					t.Errorf("%s is there: %v", m.Name, has)
				}
			}
			for _, name := range test.absent {
				if n, ok := s.Counters[name]; ok {
					t.Errorf("%s is %d, must be absent", name, n)
				}
			}
			if tw, in := s.Gauges["sockstat.TCP.tw"], s.Gauges["sockstat.TCP.inuse"]; tw != 7 || in != 6 {
				t.Errorf("%d in TIME_WAIT, %d in use; want 7 and 6", tw, in)
			}
			if steal, err := parseSteal(fixture(t, "stat-"+test.version)); err != nil || steal == nil ||
				*steal != 0 {
				t.Errorf("steal: %v, %v", steal, err)
			}
			quota, err := parseCPUStat(fixture(t, "cpustat-v2-"+test.version))
			if want := (cpuStat{test.periods, test.stopped, test.us, true}); err != nil || quota != want {
				t.Errorf("quota: %+v, %v; want %+v", quota, err, want)
			}
		})
	}
}

// readFixtures gives the tables of one kernel to the parsers that the sources use.
func readFixtures(t *testing.T, version string) Sample {
	t.Helper()
	s := newSample()
	for _, name := range []string{"netstat", "snmp"} {
		if err := newCounterTable(name, nil).parse(fixture(t, name+"-"+version), s.Counters); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := parseSockstat(fixture(t, "sockstat-"+version), s.Gauges); err != nil {
		t.Error(err)
	}
	if err := parsePressure(fixture(t, "pressure-"+version), s); err != nil {
		t.Error(err)
	}
	if err := parseSoftnet(fixture(t, "softnet-"+version), s.Counters); err != nil {
		t.Error(err)
	}
	return *s
}
