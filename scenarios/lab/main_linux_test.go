package lab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/scenarios/lab/labtest"
)

// The test binary plays every part: the tests outside, the programs that enter a lab, and the processes
// that are started in its hosts. roleVar says which.
const roleVar = "LAB_TEST_ROLE"

// roles are run inside a lab and return an exit code.
var roles = map[string]func() int{
	"exit7":   func() int { return 7 },
	"suicide": func() int { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} },
	"signals": countSignals,
	"full":    fullLab,
	"orphans": orphans,
	"write":   writeFile,
}

func TestMain(m *testing.M) {
	role := os.Getenv(roleVar)
	switch {
	case role == "":
		code := m.Run()
		if copied, err := program(); err == nil {
			_ = os.RemoveAll(filepath.Dir(copied))
		}
		os.Exit(code)
	case role == "sleep": // a process in a host
		time.Sleep(time.Minute)
		os.Exit(0)
	case role == "daemon": // leaves an orphan behind that ends after a moment
		child := exec.Command("/proc/self/exe")
		child.Env = append(os.Environ(), roleVar+"=nap")
		if err := child.Start(); err != nil {
			panic(err)
		}
		fmt.Println(child.Process.Pid)
		os.Exit(0)
	case role == "where": // says in which namespace it is
		link, _ := os.Readlink(ownNamespace)
		fmt.Println(link)
		os.Exit(0)
	case role == "nap":
		time.Sleep(50 * time.Millisecond)
		os.Exit(0)
	case !Inside():
		code, err := Enter(context.Background(), os.Args, os.Stdin, os.Stdout, os.Stderr)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(99)
		}
		os.Exit(code)
	case role == "test":
		os.Exit(m.Run())
	default:
		os.Exit(roles[role]())
	}
}

// program copies the test binary to where every user can execute it, once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "lab-test-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		return "", err
	}
	defer self.Close()
	path := filepath.Join(dir, "lab.test")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(f, self); err != nil {
		return "", err
	}
	return path, f.Close()
})

// users are those that a test can be run as: ourselves, and an ordinary user where we are root. A root
// to whom no other user is mapped (in a container made by an ordinary one) cannot become one.
func users() map[string]*syscall.Credential {
	if os.Getuid() != 0 {
		return map[string]*syscall.Credential{"user": nil}
	}
	all := map[string]*syscall.Credential{"root": nil}
	const nobody = 65534
	for _, m := range identity("/proc/self/uid_map") {
		if m.ContainerID <= nobody && nobody < m.ContainerID+m.Size {
			all["user"] = &syscall.Credential{Uid: nobody, Gid: nobody}
		}
	}
	return all
}

// command is the test binary in a role, as a user.
func command(t *testing.T, who *syscall.Credential, role string, args ...string) *exec.Cmd {
	t.Helper()
	labtest.NotQuick(t)
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = "/"
	// The race detector lets every process linger for a second, and three are nested here.
	cmd.Env = append(os.Environ(), roleVar+"="+role, "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// inLab runs the rest of the test that calls it in labs of their own, as each user:
//
//	if !inLab(t) { return }
func inLab(t *testing.T) bool {
	t.Helper()
	if Inside() {
		return true
	}
	labtest.NotQuick(t)
	for name, who := range users() {
		t.Run("as "+name, func(t *testing.T) {
			cmd := command(t, who, "test", "-test.run=^"+t.Name()[:bytes.IndexByte([]byte(t.Name()), '/')]+
				"$", "-test.v", "-test.timeout=50s")
			out, err := cmd.CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte("--- PASS")) {
				t.Fatalf("inside: %v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
	return false
}

// self is the test binary in a role, for a host of the lab.
func self(role string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	return cmd
}
