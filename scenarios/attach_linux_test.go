package scenarios

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/loadgen"
	"weir/report/runfile"
	"weir/scenarios/lab/labtest"
)

// TestProbePidThatMayNotBeEntered: from a user namespace of its own, a process may not enter the network
// namespace of one outside, as an ordinary user may not enter a container's. The run goes on with what
// everyone may read, and says what is missing; a listener that is not there at all is an error all the same.
func TestProbePidThatMayNotBeEntered(t *testing.T) {
	const childEnv = "WEIR_ATTACH_TEST_ADDRESS"
	addr := os.Getenv(childEnv)
	if addr == "" {
		addr = labtest.Listen(t, "tcp").Addr().String()
	}
	if !labtest.InChild(t, unix.CLONE_NEWUSER, childEnv+"="+addr) {
		return
	}
	look := func(addr string) (*Setup, bool, error) {
		opt := AttachOptions{ProbePid: os.Getppid(), ProbeListener: addr,
			Lanes: []LaneOptions{{Name: "direct", Target: loadgen.Target{URL: "http://" + addr}}}}
		s := &Setup{Experiment: Experiment{Lanes: []Lane{{Name: "direct"}}}, Environment: map[string]string{}}
		t.Cleanup(func() { s.Close() })
		probing, err := s.probeListener(t.Context(), opt, time.Second)
		return s, probing, err
	}
	s, probing, err := look(addr)
	if err != nil || !probing || s.Lanes[0].Listener != "" || s.Lanes[0].ListenerHost == "" {
		t.Fatalf("%v, %v, %+v", probing, err, s.Lanes)
	}
	if !slices.ContainsFunc(s.Warnings, func(w runfile.Warning) bool {
		return w.Code == "no_listener" && w.Args["hidden"] != nil
	}) {
		t.Errorf("warnings: %q", s.Warnings)
	}
	if _, _, err = look("127.0.0.1:1"); err == nil ||
		!strings.Contains(err.Error(), "no listening socket for port 1") ||
		!strings.Contains(err.Error(), "CAP_SYS_ADMIN") {
		t.Errorf("a listener that is not there: %v", err)
	}
}
