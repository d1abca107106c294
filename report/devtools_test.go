package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"weir/scenarios/lab/labtest"
)

// devtools speaks the Chrome DevTools Protocol with a browser over a pair of pipes (--remote-debugging-pipe:
// the browser reads from descriptor 3, writes to 4, messages end with a zero byte). A page that is opened by
// it runs on the real clock; with --virtual-time-budget, as the other tests open pages, no duration means
// anything.
type devtools struct {
	t       *testing.T
	to      io.Writer
	from    *bufio.Reader
	session string
	last    int
}

// browse starts a browser with one empty page of this width, and ends it with the test.
func browse(t *testing.T, width, height int) *devtools {
	t.Helper()
	theirs, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	back, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(labtest.Program(t, browsers...), "--headless", "--no-sandbox", "--disable-gpu",
		"--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+
			filepath.Join(t.TempDir(), "profile"),
		fmt.Sprintf("--window-size=%d,%d", width, height), "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, answers}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	answers.Close()
	d := &devtools{t: t, to: ours, from: bufio.NewReader(back)}
	t.Cleanup(func() {
		ours.Close() // without its pipe the browser ends, and only then does nobody write into its folder
		if err := cmd.Wait(); err != nil {
			t.Logf("chromium: %v", err)
		}
		back.Close()
	})
	if err := back.SetReadDeadline(time.Now().Add(4 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	var target struct{ TargetID string }
	d.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	d.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	d.session = attached.SessionID
	d.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height,
		"deviceScaleFactor": 1, "mobile": false}, nil)
	return d
}

// call sends a command and waits for its answer; events that come meanwhile are not wanted.
func (d *devtools) call(method string, params, result any) {
	d.t.Helper()
	d.last++
	message := map[string]any{"id": d.last, "method": method}
	if params != nil {
		message["params"] = params
	}
	if d.session != "" {
		message["sessionId"] = d.session
	}
	b, err := json.Marshal(message)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.to.Write(append(b, 0)); err != nil {
		d.t.Fatalf("chromium, %s: %v", method, err)
	}
	for {
		b, err := d.from.ReadBytes(0)
		if err != nil {
			d.t.Fatalf("chromium, %s: %v", method, err)
		}
		var answer struct {
			ID     int
			Error  json.RawMessage
			Result json.RawMessage
		}
		if err := json.Unmarshal(bytes.TrimSuffix(b, []byte{0}), &answer); err != nil {
			d.t.Fatal(err)
		}
		if answer.ID != d.last {
			continue
		}
		if answer.Error != nil {
			d.t.Fatalf("chromium, %s: %s", method, answer.Error)
		}
		if result == nil {
			return
		}
		if err := json.Unmarshal(answer.Result, result); err != nil {
			d.t.Fatal(err)
		}
		return
	}
}

// eval is the value of an expression in the page, "" where it is null.
func (d *devtools) eval(expression string) string {
	d.t.Helper()
	var answer struct{ Result struct{ Value any } }
	d.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &answer)
	if answer.Result.Value == nil {
		return ""
	}
	return fmt.Sprint(answer.Result.Value)
}

// await waits until an expression has a value, and returns it.
func (d *devtools) await(expression string) string {
	d.t.Helper()
	for range 1800 {
		if v := d.eval(expression); v != "" {
			return v
		}
		time.Sleep(50 * time.Millisecond)
	}
	d.t.Fatalf("chromium: %s has no value after a minute and a half", expression)
	return ""
}
