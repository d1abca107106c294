package labtest

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// childOf names, in the environment, the one test that a child process is there to run.
const childOf = "WEIR_TEST_CHILD"

// PrivateNetwork are the flags of a user namespace, in which we are root, and of a network namespace that
// belongs to it: its counters start at zero, its sysctls may be set, and the machine is left alone.
const PrivateNetwork = unix.CLONE_NEWUSER | unix.CLONE_NEWNET

// InChild runs the test that calls it once more in a process of its own, in new namespaces where flags name
// any (see clone(2)): for what would harm the other tests, or needs what only a new process can have. It
// returns true in that process, with the loopback up, and false in this one, once the other has ended:
//
//	if !labtest.InChild(t, labtest.PrivateNetwork) {
//		return
//	}
//
// Where the machine forbids the namespaces, and only there, they are Missing. Such a test is NotQuick.
func InChild(t *testing.T, flags uintptr, env ...string) bool {
	t.Helper()
	if os.Getenv(childOf) == t.Name() {
		if flags&unix.CLONE_NEWNET != 0 {
			if err := LoopbackUp(); err != nil {
				t.Fatal(err)
			}
		}
		return true
	}
	NotQuick(t)
	if err := usable(flags); err != nil {
		Missing(t, "no namespace can be made here ("+err.Error()+"): allow user.max_user_namespaces, "+
			"kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns=0 or run as root")
	}
	cmd := Child(t)
	cmd.Env = append(cmd.Env, env...)
	cmd.SysProcAttr = Namespaces(flags)
	runtime.LockOSThread() // Pdeathsig counts from the thread, and a test may end threads
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	CheckChild(t, out, err)
	return false
}

// Namespaces are the attributes of a process that starts in new namespaces and does not outlive the thread
// that made it.
func Namespaces(flags uintptr) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: syscall.SIGKILL}
	if flags&unix.CLONE_NEWUSER != 0 {
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return attr
}

// usable reports why namespaces cannot be made or, where they can, but without any power in them (as AppArmor
// arranges on Ubuntu), why they are of no use.
func usable(flags uintptr) error {
	probe := exec.Command("/bin/true")
	if flags&unix.CLONE_NEWNET != 0 {
		probe = exec.Command("/bin/sh", "-c", "echo '32768 60999' > /proc/sys/net/ipv4/ip_local_port_range")
	}
	if flags == 0 {
		return nil
	}
	probe.SysProcAttr = Namespaces(flags)
	return probe.Run()
}

// Child is this test binary again, with the test that calls it alone.
func Child(t *testing.T) *exec.Cmd {
	t.Helper()
	var pattern []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		pattern = append(pattern, "^"+regexp.QuoteMeta(part)+"$")
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := "-test.run=" + strings.Join(pattern, "/")
	cmd := exec.CommandContext(t.Context(), binary, run, "-test.v", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), childOf+"="+t.Name())
	return cmd
}

// CheckChild shows what the child printed. It fails the test where the child failed, or did not run the test
// at all.
func CheckChild(t *testing.T, out []byte, err error) {
	t.Helper()
	if err == nil && !strings.Contains(string(out), "--- PASS: "+t.Name()+" ") {
		err = errors.New("the child passed without running the test")
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("in a process of its own:\n%s", out)
}

// LoopbackUp is "ip link set lo up": it starts down in a new namespace.
func LoopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}
