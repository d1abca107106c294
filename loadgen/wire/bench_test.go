package wire

import (
	"testing"
	"time"

	"weir/loadgen"
)

// BenchmarkRequest puts one request together: nothing of its own, an id, an id and a body of its own.
func BenchmarkRequest(b *testing.B) {
	for name, target := range map[string]loadgen.Target{
		"same": {URL: "http://127.0.0.1:8000/path"},
		"id":   {URL: "http://127.0.0.1:8000/path", RequestIDs: true},
		"template": {URL: "http://127.0.0.1:8000/{{seq}}", RequestIDs: true, Method: "POST",
			Body: []byte(`{"order": {{seq}}}`)},
	} {
		b.Run(name, func(b *testing.B) {
			t, err := target.Complete()
			if err != nil {
				b.Fatal(err)
			}
			requests := NewRequests(t).ForRun(time.Now(), time.Second, 0)
			scratch := make([]byte, 0, 1024)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				requests.At(i, &scratch)
			}
		})
	}
}
