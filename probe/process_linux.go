package probe

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/sys/unix"
)

const (
	maxCommand   = 160      // characters that are shown of a command line
	maxArguments = 64 << 10 // bytes that are read of it
)

// readProcess describes a process; what may not be seen of it is left empty.
func readProcess(pid int) (Process, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	stat, err := readSome(dir+"/stat", 1024)
	if err != nil {
		return Process{}, err
	}
	p, err := parseProcessStat(stat)
	if err != nil {
		return Process{}, err
	}
	p.Pid = pid
	if command, err := readSome(dir+"/cmdline", maxArguments); err == nil {
		p.Command = printable(strings.TrimRight(string(command), "\x00"), maxCommand)
		p.Backlog = backlogOf(arguments(command))
	}
	if exe, err := os.Readlink(dir + "/exe"); err == nil {
		p.Program = programID(exe)
	}
	p.NetNS = namespaceOf(dir + "/ns/net")
	if text, err := readSome(dir+"/wchan", 64); err == nil && string(text) != "0" {
		p.Waiting = printable(string(text), 64)
	}
	return p, nil
}

// arguments takes a command line apart. The last one may be cut where it is as long as is read: half a number
// is none.
func arguments(command []byte) []string {
	args := strings.Split(strings.TrimRight(string(command), "\x00"), "\x00")
	if len(command) == maxArguments {
		args = args[:len(args)-1]
	}
	return args
}

// programID is the same for the same path, of a length that does not depend on it, and fit for any output.
func programID(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:8])
}

// readSome reads a file's beginning: a command line may have megabytes.
func readSome(path string, n int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, n)
	n, err = io.ReadFull(f, b)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return b[:n], err
}

// parseProcessStat reads "812 (gunicorn) S 1 …" (proc_pid_stat(5)): the parent is the second field after
// the name, the number of threads the eighteenth. The name may hold parentheses and blanks.
func parseProcessStat(text []byte) (p Process, err error) {
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return p, errors.New("a stat line without a name in parentheses")
	}
	p.Name = printable(string(text[open+1:end]), 15)
	f := bytes.Fields(text[end+1:])
	if len(f) < 18 {
		return p, errors.New("a stat line that is cut short")
	}
	p.Parent, err = strconv.Atoi(string(f[1]))
	if err == nil {
		p.Threads, err = strconv.ParseUint(string(f[17]), 10, 64)
	}
	return p, err
}

// printable shows a text that anyone may have written: NUL is the blank between arguments, other control
// characters and what is no UTF-8 become "?", and it ends after n characters.
func printable(s string, n int) string {
	var b strings.Builder
	for _, r := range s {
		if n--; n < 0 {
			b.WriteString("…")
			break
		}
		switch {
		case r == 0:
			r = ' '
		case !unicode.IsPrint(r) || r == unicode.ReplacementChar:
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// namespaceOf is the inode of a namespace, which is its identity; 0 where it may not be seen.
func namespaceOf(path string) uint64 {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return 0
	}
	return st.Ino
}
