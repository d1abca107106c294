package report

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/report/analysis/compare"
	"weir/report/doc"
	"weir/report/result"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with testdata/name and prints what differs.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./report -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not as it was (-want +got); go test ./report -update accepts it:\n%s", path, diff)
	}
}

func TestGolden(t *testing.T) {
	text := func(w io.Writer, a *result.Analysis) error { return Text(w, a, doc.TextOptions{Width: 80}) }
	for name, fixture := range fixtures {
		for suffix, render := range map[string]func(io.Writer, *result.Analysis) error{".txt": text,
			".md": Markdown} {
			t.Run(name+suffix, func(t *testing.T) {
				var b bytes.Buffer
				if err := render(&b, fixture()); err != nil {
					t.Fatal(err)
				}
				golden(t, name+suffix, b.Bytes())
			})
		}
	}
	var b bytes.Buffer // one is enough: the JSON form is the type's own
	if err := JSON(&b, allNull()); err != nil {
		t.Fatal(err)
	}
	golden(t, "all-null.json", b.Bytes())
}

// TestGoldenComparison: of the demo with itself after a worker was lost, and of its two lanes, which are the
// same server.
func TestGoldenComparison(t *testing.T) {
	a, b := demo(), fixture(lostWorker)()
	c := NewComparisons()
	for i := range a.Lanes {
		c.Add(compare.Arms(a, &a.Lanes[i], b, &b.Lanes[i]), &a.Lanes[i], &b.Lanes[i])
	}
	c.Add(compare.Lanes(a), &a.Lanes[0], &a.Lanes[1])
	var text, markdown bytes.Buffer
	if err := errors.Join(CompareText(&text, c, doc.TextOptions{Width: 80}),
		CompareMarkdown(&markdown, c)); err != nil {
		t.Fatal(err)
	}
	golden(t, "compare.txt", text.Bytes())
	golden(t, "compare.md", markdown.Bytes())
}
