package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// NotInstalledError is a server that is not there, with the line that installs it.
type NotInstalledError struct {
	Server  string
	What    string // the program or module that is missing
	Install string
}

func (e *NotInstalledError) Error() string {
	return fmt.Sprintf("%s is not installed (no %s): `%s`", e.Server, e.What, e.Install)
}

// Installed is a server that was found.
type Installed struct {
	Driver
	Path    string
	Version string // "20.1.0", with those of its modules: "20.1.0, gevent 22.10.2"
}

// Find looks a driver's program up and asks it for its version. The error is a *NotInstalledError where it is
// not there.
func (d Driver) Find(ctx context.Context) (Installed, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second) // an interpreter that starts from a cold disk
	defer cancel()
	i := Installed{Driver: d}
	if i.Path = lookPath(d.programs); i.Path == "" {
		return i, &NotInstalledError{d.Name, d.programs[0], d.Install()}
	}
	out, err := exec.CommandContext(ctx, i.Path, d.version...).CombinedOutput()
	if err != nil {
		return i, fmt.Errorf("%s %s: %w: %s", i.Path, strings.Join(d.version, " "), err, firstLine(out))
	}
	m := d.pattern.FindSubmatch(out)
	if m == nil {
		return i, fmt.Errorf("%s %s: no version in %q", i.Path, strings.Join(d.version, " "), firstLine(out))
	}
	i.Version = string(m[1])
	for _, module := range d.modules {
		version, err := moduleVersion(ctx, i.Path, module)
		if err != nil {
			return i, &NotInstalledError{d.Name, "Python module " + module, d.Install()}
		}
		i.Version += ", " + module + " " + version
	}
	return i, nil
}

// lookPath takes the first program that there is. Distributions keep servers in sbin, which ordinary users do
// not have on their PATH, and put versions into names: of several the last in order.
func lookPath(programs []string) string {
	for _, p := range programs {
		if strings.Contains(p, "*") {
			found, _ := filepath.Glob(p) // the pattern is ours
			slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) + strings.Compare(a, b) })
			for _, f := range slices.Backward(found) {
				if path, err := exec.LookPath(f); err == nil {
					return path
				}
			}
		} else if path, err := exec.LookPath(p); err == nil {
			if abs, err := filepath.Abs(path); err == nil {
				return abs
			}
		}
	}
	return ""
}

// moduleVersion asks the interpreter that a script names in its first line.
func moduleVersion(ctx context.Context, script, module string) (string, error) {
	code := fmt.Sprintf("import %s as m; print(getattr(m, '__version__', ''))", module)
	out, err := exec.CommandContext(ctx, interpreter(script), "-c", code).Output()
	return firstLine(out), err
}

func interpreter(script string) string {
	const otherwise = "python3"
	f, err := os.Open(script)
	if err != nil {
		return otherwise
	}
	defer f.Close()
	line, err := bufio.NewReaderSize(f, 512).ReadSlice('\n')
	words := strings.Fields(strings.TrimPrefix(string(line), "#!"))
	if err != nil || !bytes.HasPrefix(line, []byte("#!")) || len(words) == 0 ||
		!strings.Contains(words[len(words)-1], "python") {
		return otherwise
	}
	return words[len(words)-1]
}

func firstLine(b []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(b), []byte("\n"))
	return string(line[:min(len(line), 300)])
}
