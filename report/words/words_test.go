package words

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"weir/report/result"
	"weir/report/unit"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// TestSentences keeps all sentences in one file that can be read through, with a name or a number in each
// place.
func TestSentences(t *testing.T) {
	var b strings.Builder
	for _, code := range Codes() {
		fmt.Fprintf(&b, "%s\n", code)
		for _, text := range variants(all[code]) {
			fmt.Fprintf(&b, "    %s\n", Expand(text, samples(text)))
		}
	}
	const golden = "testdata/sentences.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != b.String() {
		t.Errorf("%s differs: go test ./report/words -update, and read the difference", golden)
	}
}

var place = regexp.MustCompile(`\{([^}|]+)(?:\|([^}]*))?\}`)

// variants has a text for each of the alternatives in its brackets, so that each can be read once.
func variants(text string) (list []string) {
	for n, more := 0, true; more; n++ {
		more = false
		var b strings.Builder
		for rest := text; rest != ""; {
			before, after, found := strings.Cut(rest, "[")
			b.WriteString(before)
			if !found {
				break
			}
			if strings.HasPrefix(after, "[") {
				b.WriteString("[[")
				rest = after[1:]
				continue
			}
			parts, after := alternatives(after)
			b.WriteString("[" + parts[min(n, len(parts)-1)] + "]")
			more = more || n+1 < len(parts)
			rest = after
		}
		list = append(list, b.String())
	}
	return list
}

// samples has an argument for each placeholder of a text.
func samples(text string) result.Args {
	args := result.Args{}
	for _, m := range place.FindAllStringSubmatch(text, -1) {
		switch name, format := m[1], m[2]; {
		case strings.HasPrefix(format, "count"), format == "times":
			args[name] = uint64(403)
		case strings.HasPrefix(format, "rate"):
			args[name] = 397.
		case strings.HasPrefix(format, "seconds"):
			args[name] = .0201
		case strings.HasPrefix(format, "percent"):
			args[name] = .166
		case strings.HasPrefix(format, "ratio"), strings.HasPrefix(format, "quotient"),
			strings.HasPrefix(format, "number"):
			args[name] = .998
		default:
			args[name] = "‹" + name + "›"
		}
	}
	return args
}

// TestPlainEnglish holds the sentences to the house's rules: short, and in the field's words.
func TestPlainEnglish(t *testing.T) {
	banned := regexp.MustCompile(`(?i)\b(tells?|told|said|held|doubts?|once more|opened anew|greets?|what it takes|8 times in 10)\b`)
	for code, text := range all {
		for _, text := range variants(text) {
			plain := Expand(text, samples(text))
			if m := banned.FindString(plain); m != "" {
				t.Errorf("%s: %q is not our word (STYLE.md): %s", code, m, plain)
			}
			for _, sentence := range regexp.MustCompile(`[.:;!?] `).Split(plain, -1) {
				if n := len(strings.Fields(sentence)); n > 24 {
					t.Errorf("%s: %d words in one sentence: %s", code, n, sentence)
				}
			}
		}
	}
}

func TestExpand(t *testing.T) {
	value, low, high := 397., 388., 405.
	for _, c := range []struct {
		text string
		args result.Args
		want string
	}{
		{"{n|count overflow}, {m|count overflow}", result.Args{"n": uint64(1), "m": uint64(2628)},
			"1 overflow, 2,628 overflows"},
		{"{n|count retry/retries}", result.Args{"n": 2}, "2 retries"},
		{"{n|times} and {m|times}", result.Args{"n": uint64(1), "m": uint64(3)}, "once and 3 times"},
		{"at {rate|rate}, {exact|rate4}", result.Args{"rate": 397.2, "exact": 388.34},
			"at 397 req/s, 388.3 req/s"},
		{"{s|percent} in {d}", result.Args{"s": .166, "d": 20100 * time.Microsecond}, "16.6 % in 20.1 ms"},
		{"{names}", result.Args{"names": []string{"a", "b", "c"}}, "a, b and c"},
		{"limit {x}", result.Args{"x": unit.Estimate{Value: &value, Low: &low, High: &high, Unit: unit.Rate}},
			"limit 397 req/s [388, 405]"},
		{"full[ with {n} in it].", result.Args{"n": uint64(17)}, "full with 17 in it."},
		{"full[ with {n} in it].", nil, "full."},
		{"full[ a[ b {x}] {n}].", result.Args{"n": "c"}, "full a c."},
		{"yes[{no}, not].", result.Args{"no": false}, "yes."},
		{"yes[{no}, indeed].", result.Args{"no": true}, "yes, indeed."},
		{"[{a} of a|{b} of b|of none] there.", result.Args{"b": "x"}, "x of b there."},
		{"[{a|count thing}|none] there.", result.Args{"a": 2}, "2 things there."},
		{"[{a|count thing}|none[ of {b}]] there.", nil, "none there."},
		{"[[a]] {b}", result.Args{"b": "\x1b[31mred\n"}, "[a] [31mred "},
		{"{missing}", nil, unit.Unknown},
		{"{broken", result.Args{"broken": "x"}, "x"},
		{"a ] b", nil, "a  b"},
	} {
		if got := Expand(c.text, c.args); got != c.want {
			t.Errorf("Expand(%q, %v) = %q, want %q", c.text, c.args, got, c.want)
		}
	}
}

func TestFill(t *testing.T) {
	type document struct {
		One  result.Finding
		Many []result.Finding
		At   *result.Finding
		N    []float64
	}
	d := document{One: result.Finding{Code: "no sentence for this"}, Many: make([]result.Finding, 1),
		At: &result.Finding{Text: "as it is"}}
	Fill(&d)
	if d.One.Text != "no sentence for this" || d.Many[0].Text != "" || d.At.Text != "as it is" {
		t.Errorf("filled %+v", d)
	}
}
