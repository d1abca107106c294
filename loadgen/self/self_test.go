package self

import (
	"runtime"
	"testing"
	"time"
)

func TestMeasure(t *testing.T) {
	stop := Measure()
	began := time.Now()
	for n := 0; time.Since(began) < 60*time.Millisecond; n++ { // burns a CPU
	}
	time.Sleep(20 * time.Millisecond)
	u := stop()
	if u.Wall < 80*time.Millisecond || u.CPU <= 0 || u.CPU > u.Wall*time.Duration(u.CPUs+1) {
		t.Errorf("cpu %v of wall %v", u.CPU, u.Wall)
	}
	if u.CPUs < 1 || u.CPUs > runtime.NumCPU() {
		t.Errorf("%d CPUs of %d", u.CPUs, runtime.NumCPU())
	}
	if runtime.GOOS == "linux" && (u.RunDelay == nil || *u.RunDelay < 0) {
		t.Errorf("run delay %v", u.RunDelay)
	}
	if again := stop(); again.Wall < u.Wall || again.CPU < u.CPU {
		t.Errorf("a second stop went back: %+v after %+v", again, u)
	}
}

// TestProcessorsStay: an engine that gives the runtime more of them than there are must not seem to use a
// smaller share.
func TestProcessorsStay(t *testing.T) {
	stop := Measure()
	n := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(1)
	less := Processors()
	runtime.GOMAXPROCS(n + 8)
	more := Processors()
	runtime.GOMAXPROCS(n)
	if u := stop(); u.CPUs != less || less != more || less > n {
		t.Errorf("%d, %d and %d processors of %d", less, more, u.CPUs, n)
	}
}

func TestDelayed(t *testing.T) {
	before := map[int]time.Duration{1: 10, 2: 50, 3: 7}
	// 2 is a new thread with an old number, 3 ended, 4 was born
	after := map[int]time.Duration{1: 15, 2: 4, 4: 100}
	if got := delayed(before, after); got == nil || *got != 5+4+100 {
		t.Errorf("delayed = %v, want 109", got)
	}
	if delayed(nil, after) != nil || delayed(before, nil) != nil {
		t.Error("an unknown delay became a number")
	}
}

func TestRaiseFileLimit(t *testing.T) {
	limit, err := RaiseFileLimit()
	if err != nil || limit < 64 {
		t.Fatalf("%d, %v", limit, err)
	}
	if again, err := RaiseFileLimit(); again != limit || err != nil {
		t.Errorf("then %d, %v", again, err)
	}
}
