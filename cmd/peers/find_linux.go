package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// installed is a peer on this machine, or why it is not there.
type installed struct {
	Name    string `json:"name"`
	Path    string `json:"path"`
	Version string `json:"version"`
	Why     string `json:"why,omitempty"`
}

// longestBuild is what k6, with its 300 modules, may take the first time.
const longestBuild = 8 * time.Minute

// findAll looks for all peers and builds those that are built. It needs the network that the namespace
// does not have.
func findAll(ctx context.Context, progress io.Writer) []installed {
	var all []installed
	for _, p := range peers() {
		i := installed{Name: p.name}
		var err error
		switch {
		case p.name == "weir" || p.name == bunched:
			i.Path, err = os.Executable()
			i.Version = release
			if p.name == bunched {
				i.Version = fmt.Sprintf("weir %s with --wake-quantum %v", release, quantum)
			}
		case p.module != "":
			i.Version = p.version
			i.Path, err = built(ctx, p, progress)
		default:
			i.Path, err = exec.LookPath(p.name)
			if err != nil {
				err = fmt.Errorf("not installed: %s", p.howTo())
			} else {
				i.Version = versionOf(p, i.Path)
			}
		}
		if err != nil {
			i.Why = err.Error()
		}
		all = append(all, i)
	}
	return all
}

func (p peer) howTo() string {
	if p.deb != "" {
		return "apt-get install " + p.deb
	}
	return p.hint
}

// built returns the program of a module, in the user's cache, and builds it where it is missing or another
// version. It never touches a go.mod.
func built(ctx context.Context, p peer, progress io.Writer) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("not built: %w", err)
	}
	dir := filepath.Join(cache, "weir-peers")
	path := filepath.Join(dir, p.name)
	if info, err := buildinfo.ReadFile(path); err == nil && info.Main.Version == p.version {
		return path, nil
	}
	fmt.Fprintf(progress, "peers: building %s@%s, once\n", p.module, p.version)
	ctx, cancel := context.WithTimeout(ctx, longestBuild)
	defer cancel()
	tool := os.Getenv("GO")
	if tool == "" {
		tool = "go"
	}
	cmd := exec.CommandContext(ctx, tool, "install", p.module+"@"+p.version)
	cmd.Dir, cmd.Env = os.TempDir(), append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-mod=mod", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("not built: %w: %s", err, lastLine(string(out)))
	}
	return path, nil
}

// versionOf asks the program or, as hey does not tell, the package manager.
func versionOf(p peer, path string) string {
	if p.deb != "" {
		if out, err := exec.Command("dpkg-query", "-W", "-f", "${Version}", p.deb).Output(); err == nil && len(out) > 0 {
			return p.deb + " " + string(out)
		}
	}
	for _, flag := range []string{"-v", "-V", "--version"} {
		out, _ := exec.Command(path, flag).CombinedOutput() // wrk tells it and fails
		first, _, _ := strings.Cut(string(out), "\n")
		if v := regexp.MustCompile(`\d+\.\d+[\w.+-]*`).FindString(first); v != "" {
			return v
		}
	}
	return "of unknown version"
}
