package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"weir/loadgen/wire"
)

// TestChildSendsWhatRunSends: an id in each request costs time, and is part of what is compared with others.
func TestChildSendsWhatRunSends(t *testing.T) {
	ids := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ids <- r.Header.Get("X-Request-Id") }))
	defer server.Close()
	o := order{URL: server.URL, Rate: 20, Duration: 100 * time.Millisecond, Timeout: 5 * time.Second, MaxInFlight: 3, Dir: filepath.Join(t.TempDir(), "record")}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := weirChild(t.Context(), string(text)); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if id, ok := wire.ParseID(<-ids); !ok || id.Position > 1 {
			t.Errorf("request %d: %+v, %v", i, id, ok)
		}
	}
}
