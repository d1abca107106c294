package probe

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestServers makes trees of processes: pid, parent, program, inodes held.
func TestServers(t *testing.T) {
	type proc struct {
		pid, parent int
		exe         string
		held        []uint32
	}
	one := []uint32{5}
	for _, test := range []struct {
		name  string
		procs []proc
		want  []string
	}{
		{"nobody", nil, nil},
		{"one process", []proc{{9, 1, "go", one}},
			[]string{"pid 9 p: one process of 2 threads holds inode 5"}},
		{"master and workers", []proc{{9, 1, "py", one}, {10, 9, "py", one}, {11, 9, "py", one}},
			[]string{"pid 9 p: master + 2 workers share inode 5"}},
		{"one worker", []proc{{9, 1, "py", one}, {10, 9, "py", one}},
			[]string{"pid 9 p: master + 1 worker share inode 5"}},
		{"pids that wrapped round", []proc{{900, 1, "py", one}, {10, 900, "py", one}},
			[]string{"pid 900 p: master + 1 worker share inode 5"}},
		{"a worker's own child", []proc{{9, 1, "py", one}, {10, 9, "py", one}, {11, 9, "py", one},
			{12, 10, "py", one}}, []string{"pid 9 p: master + 2 workers share inode 5"}},
		{"under a wrapper", []proc{{8, 1, "py", one}, {9, 8, "py", one}, {10, 9, "py", one},
			{11, 9, "py", one}}, []string{"pid 9 p: master + 2 workers share inode 5"}},
		{"socket activation", []proc{{1, 0, "systemd", one}, {9, 1, "py", one}, {10, 9, "py", one},
			{11, 9, "py", one}}, []string{"pid 9 p: master + 2 workers share inode 5"}},
		{"activated, not yet started", []proc{{1, 0, "systemd", one}},
			[]string{"pid 1 systemd: one process of 2 threads holds inode 5"}},
		{"an heir of one process", []proc{{9, 1, "go", one}, {10, 9, "sh", one}},
			[]string{"pid 9 p: one process of 2 threads holds inode 5",
				"pid 10 p: one process of 2 threads holds inode 5"}},
		{"an heir of another program", []proc{{9, 1, "py", one}, {10, 9, "py", one}, {11, 10, "sh", one}},
			[]string{"pid 9 p: master + 1 worker share inode 5",
				"pid 11 p: one process of 2 threads holds inode 5"}},
		{"a group, each with a socket", []proc{{9, 1, "go", []uint32{5}}, {10, 1, "go", []uint32{6}}},
			[]string{"pid 9 p: one process of 2 threads holds inode 5",
				"pid 10 p: one process of 2 threads holds inode 6"}},
		{"a group under a master", []proc{{9, 1, "ng", []uint32{1, 2, 3, 4, 5}},
			{10, 9, "ng", []uint32{1, 2, 3, 4, 5}}},
			[]string{"pid 9 p: master + 1 worker share inode 1, 2, 3, 4 and 1 more"}},
		{"a child that listens elsewhere", []proc{{9, 1, "py", []uint32{5}}, {10, 9, "py", []uint32{6}}},
			[]string{"pid 9 p: one process of 2 threads holds inode 5",
				"pid 10 p: one process of 2 threads holds inode 6"}},
		{"programs unseen", []proc{{9, 1, "", one}, {10, 9, "", one}},
			[]string{"pid 9 p: master + 1 worker share inode 5"}},
	} {
		processes, held := map[int]Process{}, map[int][]uint32{}
		for _, p := range test.procs {
			processes[p.pid] = Process{Pid: p.pid, Parent: p.parent,
				Name: map[bool]string{true: "systemd", false: "p"}[p.exe == "systemd"], Threads: 2,
				Program: p.exe}
			held[p.pid] = p.held
		}
		var got []string
		for _, s := range servers(processes, held) {
			got = append(got, s.String())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// A worker that is the parent of its parent is nonsense that a process table read in pieces may hold: the
// walk must end.
func TestServersOfACycle(t *testing.T) {
	servers(map[int]Process{2: {Pid: 2, Parent: 3}, 3: {Pid: 3, Parent: 2}, 4: {Pid: 4, Parent: 4}},
		map[int][]uint32{2: {1}, 3: {1}, 4: {1}})
}

func TestClamp(t *testing.T) {
	most := uint64(128)
	for limit, want := range map[uint32]string{
		128: "has 128 = net.core.somaxconn",
		64:  "less than net.core.somaxconn = 128",
		511: "more than net.core.somaxconn = 128",
	} {
		if got := (Discovery{Somaxconn: &most}).Clamp(Listener{Limit: limit}); !strings.Contains(got, want) {
			t.Errorf("%d: %q", limit, got)
		}
	}
	if got := (Discovery{}).Clamp(Listener{Limit: 128}); got != "" {
		t.Errorf("where somaxconn is not known: %q", got)
	}
}

func TestDoubt(t *testing.T) {
	d := Discovery{Listeners: []Listener{{}}, Looked: 3}
	if got := d.Doubt(); !strings.Contains(got, "another PID namespace") {
		t.Errorf("%q", got)
	}
	d.Barred, d.Cut = 2, "after 5 of 7 processes and 9 descriptors"
	if got := d.Doubt(); !strings.HasPrefix(got, "2 of 5 processes could not be looked into") ||
		!strings.Contains(got, "cut short after 5 of 7") {
		t.Errorf("%q", got)
	}
}

// controls are what a terminal, a page or a log line must not be given.
func controls(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
