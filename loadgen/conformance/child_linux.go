package conformance

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// childOf names, in the environment, the one test that a child process is there to run.
const childOf = "WEIR_CONFORMANCE_CHILD"

// inChild runs body in a process of its own, which is this test binary again with this test alone: for
// what would harm the other tests, or needs what only a new process can have.
func inChild(t *testing.T, attr *syscall.SysProcAttr, body func(*testing.T)) {
	t.Helper()
	if os.Getenv(childOf) == t.Name() {
		body(t)
		return
	}
	cmd := command(t)
	cmd.SysProcAttr = attr
	report(t, cmd)
}

// inNamespace runs body in a child with a network namespace of its own, loopback up and nothing else.
// Where the machine forbids that, and only there, the test is skipped.
func inNamespace(t *testing.T, body func(*testing.T)) {
	t.Helper()
	if os.Getenv(childOf) != t.Name() {
		if err := namespaces(); err != nil {
			leave := t.Skipf
			if os.Getenv("CI") != "" { // where nothing may be left untested unseen
				leave = t.Fatalf
			}
			leave("NOT TESTED: this machine does not let us make a network namespace (%v): allow user.max_user_namespaces, "+
				"kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns=0 or run as root", err)
		}
	}
	inChild(t, namespace(), func(t *testing.T) {
		if err := loopbackUp(); err != nil {
			t.Fatal(err)
		}
		body(t)
	})
}

// namespace makes a user namespace, in which we are root, and a network namespace that belongs to it.
func namespace() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

// namespaces reports why a namespace cannot be made or, where it can, but without any power in it (as
// AppArmor arranges on Ubuntu), why that is of no use.
func namespaces() error {
	probe := exec.Command("/bin/sh", "-c", "echo '32768 60999' > /proc/sys/net/ipv4/ip_local_port_range")
	probe.SysProcAttr = namespace()
	return probe.Run()
}

func command(t *testing.T) *exec.Cmd {
	var pattern []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		pattern = append(pattern, "^"+regexp.QuoteMeta(part)+"$")
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run="+strings.Join(pattern, "/"), "-test.v", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), childOf+"="+t.Name())
	return cmd
}

// report fails the test with the child's words, also where the child did not run the test at all.
func report(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	judge(t, out, err)
}

func judge(t *testing.T, out []byte, err error) {
	t.Helper()
	if err == nil && !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		err = errors.New("the child passed without running the test")
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// loopbackUp is "ip link set lo up": it starts down in a new namespace.
func loopbackUp() error {
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
