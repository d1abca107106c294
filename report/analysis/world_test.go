package analysis

import (
	"bytes"
	"testing"
	"time"

	"weir/report/result"
	"weir/report/runfile"
	"weir/report/words"
	"weir/report/world"
)

const ms = time.Millisecond

// record is that of a simulated experiment.
func record(t testing.TB, w world.World) []byte {
	t.Helper()
	b, err := w.Record()
	check(t, err)
	return b
}

func analyze(t testing.TB, record []byte) *result.Analysis {
	t.Helper()
	a, err := Analyze(runfile.NewReader(bytes.NewReader(record), "run.ndjson"))
	check(t, err)
	words.Fill(a)
	return a
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
