package nginxlog

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestOnlyFilesAreFollowed: a pipe, a directory and what NGINX's container image has for logs are refused,
// and none is waited for.
func TestOnlyFilesAreFollowed(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "error.log")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, t.TempDir(), "/dev/null"} {
		refused := make(chan error, 1)
		go func() {
			_, err := NewFollower(path)
			refused <- err
		}()
		select {
		case err := <-refused:
			if err == nil || !strings.Contains(err.Error(), "no regular file") {
				t.Errorf("%s: %v", path, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: its writer is waited for", path)
		}
	}
}
