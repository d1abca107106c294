package probe

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseProcessStat(t *testing.T) {
	tail := " S 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 99 100"
	for text, want := range map[string]Process{
		"812 (gunicorn)" + tail:    {Parent: 7, Name: "gunicorn", Threads: 3},
		"812 (a) b (c)" + tail:     {Parent: 7, Name: "a) b (c", Threads: 3},
		"812 (\x1b[31m\n)" + tail:  {Parent: 7, Name: "?[31m?", Threads: 3},
		"812 (\xff\u202e)" + tail:  {Parent: 7, Name: "??", Threads: 3},
		"812 ()" + tail + " 1 2 3": {Parent: 7, Threads: 3},
	} {
		if got, err := parseProcessStat([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "812 S 1", "812 )(" + tail, "812 (x) S 7 1", "812 (x) S x" + tail} {
		if got, err := parseProcessStat([]byte(text)); err == nil {
			t.Errorf("%q is taken: %+v", text, got)
		}
	}
	p, err := readProcess(os.Getpid())
	if err != nil || p.Parent != os.Getppid() || p.Threads == 0 || p.Command == "" || p.Program == "" ||
		p.NetNS == 0 {
		t.Errorf("ourselves: %+v, %v", p, err)
	}
}

func TestSocketInode(t *testing.T) {
	for link, want := range map[string]uint32{"socket:[12345]": 12345, "socket:[4294967295]": 1<<32 - 1} {
		if got, ok := socketInode(link); !ok || got != want {
			t.Errorf("%q: %d, %v", link, got, ok)
		}
	}
	for _, link := range []string{"", "pipe:[1]", "socket:[]", "socket:[1", "socket:[4294967296]",
		"socket:[-1]", "/socket:[1]"} {
		if got, ok := socketInode(link); ok {
			t.Errorf("%q is taken for %d", link, got)
		}
	}
}

// FuzzProcess: what a process says of itself is bounded and harmless to print.
func FuzzProcess(f *testing.F) {
	for _, text := range []string{"812 (a) b (c) S 7 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 3 0 99",
		"python3\x00-m\x00gunicorn\x00", "1377505 892102 14\n", "\x1b]0;x\x07\u202e"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, _ := parseProcessStat(text)
		command := printable(string(text), maxCommand)
		if controls(p.Name) || controls(command) || utf8.RuneCountInString(command) > maxCommand+1 ||
			utf8.RuneCountInString(p.Name) > 16 {
			t.Errorf("%q, %q", p.Name, command)
		}
		socketInode(string(text))
		parseSchedstat(text)
	})
}

// TestArgumentsThatAreCut: the number at the cut is none.
func TestArgumentsThatAreCut(t *testing.T) {
	command := make([]byte, maxArguments)
	copy(command, "gunicorn\x00--backlog\x00300\x00")
	for i := 23; i < len(command); i++ {
		command[i] = 'x'
	}
	copy(command[len(command)-12:], "\x00--backlog=12")
	if got := backlogOf(arguments(command)); got == nil || got.N != 300 {
		t.Errorf("%+v", got)
	}
	if got := arguments([]byte("a\x00b\x00\x00")); strings.Join(got, "|") != "a|b" {
		t.Errorf("%q", got)
	}
}
