package report

import (
	"fmt"
	"strings"
	"testing"

	"weir/loadgen"
	"weir/report/result"
)

// TestEveryOutcomeHasAColour: in both themes.
func TestEveryOutcomeHasAColour(t *testing.T) {
	var page strings.Builder
	if err := HTML(&page, &result.Analysis{}); err != nil {
		t.Fatal(err)
	}
	for _, k := range loadgen.Kinds() {
		for _, rule := range []string{"--%s: " + k.Light + ";", "--%s: " + k.Dark + ";",
			".c-%[1]s { --c: var(--%[1]s); }"} {
			if rule = fmt.Sprintf(rule, k.Outcome); strings.Count(page.String(), rule) != 1 {
				t.Errorf("not once in the page: %s", rule)
			}
		}
	}
}

func TestConnectionsInWords(t *testing.T) {
	n := ptr(uint64(3))
	for want, c := range map[string]result.Connections{
		"not counted":                          {},
		"0 opened":                             {Opened: ptr(uint64(0))},
		"3 opened, 1 request each":             {Opened: n, PerOne: ptr(1.001)},
		"3 opened, 1.01 requests each":         {Opened: n, PerOne: ptr(1.01)},
		"3 opened; reset by us (no TIME_WAIT)": {Opened: n, WeClosed: n},
		"3 opened; closed first by us (our TIME_WAIT)": {Opened: n, WeClosed: n,
			TimeWait: ptr("us")},
		"3 opened; closed first by the server (its TIME_WAIT)": {Opened: n, PeerClosed: n,
			TimeWait: ptr("peer")},
		"3 opened; 2 reset by us over unread bytes (no TIME_WAIT)": {Opened: n, WeClosed: n,
			Unread: ptr(uint64(2))},
		"3 opened; closed first by us (our TIME_WAIT); while idle 3 by us": {Opened: n, TimeWait: ptr("us"),
			IdleUs: n, IdlePeer: ptr(uint64(0))},
		"3 opened; while idle 3 by us, 3 by the server": {Opened: n, IdleUs: n,
			IdlePeer: n},
		"3 opened; closed first by either side (TIME_WAIT on both)": {Opened: n, PeerClosed: n,
			WeClosed: n, TimeWait: ptr("both")},
	} {
		if got := connections(nil, &result.Lane{Connections: c}).Text.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSYNsInWords(t *testing.T) {
	none := result.Lane{}
	one := result.Lane{Unanswered: []result.LostSYNs{{Lost: 1, Count: 2651, Connect: .9}}}
	more := result.Lane{SYNRetrans: 7, LostSYNs: []result.LostSYNs{{Lost: 1, Count: 1, Connect: 1.03}},
		Unanswered: []result.LostSYNs{{Lost: 3, Count: 2, Connect: 2.9}}}
	for want, l := range map[string]result.Lane{
		"none": none,
		"2,651 timed out after 900 ms, 1 SYN each unanswered":                                        one,
		"1 request lost 1, connected after 1.03 s; 2 timed out after 2.90 s, 3 SYNs each unanswered": more,
		"5": {SYNRetrans: 5},
	} {
		if got := lostSYNs(nil, &l).Text.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if anySYNLost(&result.Analysis{Lanes: []result.Lane{none, one}}) ||
		!anySYNLost(&result.Analysis{Lanes: []result.Lane{none, more}}) {
		t.Error("a connect timeout of one SYN needs no line of its own, others do")
	}
}
