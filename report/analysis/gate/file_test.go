package gate

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParseFile(t *testing.T) {
	list, err := ParseFile("gate.yaml",
		[]byte("# before a sale\nassertions:\n  - name: no loss\n    assert: bad.rate < 0.5% @95\n  - assert: direct.overflows == 0\n"))
	if err != nil || len(list) != 2 || list[0].Name != "no loss" || list[0].Expr != "bad.rate < 0.5% @95" ||
		list[1].Terms[0].Lane != "direct" {
		t.Fatalf("%+v, %v", list, err)
	}
	for text, says := range map[string]string{
		"":                                "gate.yaml:1:1: no assertions",
		"assertions: []":                  "no assertions",
		"asertions:\n  - assert: x\n":     `gate.yaml:1:1: unknown key "asertions"; did you mean "assertions"?`,
		"assertions:\n  - asert: x < 1\n": `gate.yaml:2:5: unknown key "asert"; did you mean "assert"?`,
		"assertions:\n  - name: x\n":      "gate.yaml:2:9: assertion \"\", column 1: a metric is expected",
		"assertions: 5\n":                 "gate.yaml:1:13: ",
		"assertions:\n  - assert: [1\n":   "gate.yaml:",
		"assertions:\n\n  - name: a\n    assert: bad.rat < 1%\n": `gate.yaml:4:13: assertion "bad.rat < 1%", column 1: unknown metric "bad.rat"; did you mean bad.rate?`,
		"assertions:\n  - assert: bad.rate < 1%\n    asert: x\n": `gate.yaml:3:5: unknown key "asert"`,
		strings.Repeat("#", maxFile+1):                           "not an assertion file",
	} {
		if _, err := ParseFile("gate.yaml", []byte(text)); err == nil ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("%.60q: %v, want %q", text, err, says)
		}
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add([]byte("assertions:\n  - name: no loss\n    assert: bad.rate < 0.5% @95\n"))
	f.Add([]byte("assertions:\n  - {assert: }\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := ParseFile("f", text)
		if (err == nil) != (len(list) > 0) {
			t.Fatalf("%d assertions, %v", len(list), err)
		}
	})
}

func TestCheck(t *testing.T) {
	lanes := []string{"direct", "proxy"}
	for _, c := range []struct {
		expr     string
		lanes    []string
		baseline []string
		column   int
		says     string
	}{
		{"bad.rate < 1%", lanes, nil, 0, ""},
		{"proxy.bad.rate / baseline.proxy.bad.rate < 1", lanes, lanes, 0, ""},
		{"onset.rate / prox.onset.rate < 1", lanes, nil, 14,
			`no lane "prox"; did you mean "proxy"? There are: direct, proxy`},
		{"bad.rate / baseline.bad.rate < 1", lanes, nil, 12, "--baseline"},
		{"bad.rate / baseline.proxy.bad.rate < 1", lanes, []string{"direct"}, 12,
			`the baseline has no lane "proxy"`},
		{"proxy.bad.rate < 1%", []string{}, nil, 1, "the run has no lane"},
	} {
		err := Check([]Assertion{parse(t, "sent > 0"), parse(t, c.expr)}, c.lanes, c.baseline)
		var syntax *SyntaxError
		if c.says == "" && err != nil ||
			c.says != "" && (!errors.As(err, &syntax) || syntax.Column != c.column ||
				!strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want column %d, %q", c.expr, err, c.column, c.says)
		}
	}
	if Lanes(nil) != nil || fmt.Sprint(Lanes(binned())) != "[direct]" {
		t.Error("lanes")
	}
}
