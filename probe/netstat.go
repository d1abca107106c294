package probe

import (
	"bytes"
	"fmt"
	"strconv"
)

// counterTable is the source of the counters in /proc/<pid>/net/netstat (TcpExt) and snmp (Tcp).
//
// Meaning: Metrics. Scope: the network namespace, all its sockets together, so an overflow
// here may be another listener's; the listener's own Drops tell. Privilege: none, for any process whose
// /proc entry is visible. Cost: some 60 µs (netstat) and 20 µs (snmp) on two CPUs, nearly all of it the
// kernel's, which adds up every CPU's share and prints every column. Gotcha: columns come and go with
// kernel versions, so they are found by name; and /proc/net is the main thread's namespace, which need
// not be the caller's.
//
// Format (net/ipv4/proc.c): pairs of lines, "Table: name name …" and "Table: value value …".
type counterTable struct {
	name    string
	file    *procFile
	wanted  map[string]string // as written here, so that every sample shares one string
	layouts map[string]*columns
}

// columns is a table's header, and the counter's name at each position that is wanted.
type columns struct {
	header []byte
	names  []string // "" where not wanted; empty if nothing is
}

func newCounterTable(name string, file *procFile) *counterTable {
	t := &counterTable{name: name, file: file, wanted: make(map[string]string),
		layouts: make(map[string]*columns)}
	for _, m := range Metrics {
		if m.Source == name {
			t.wanted[m.Name] = m.Name
		}
	}
	return t
}

func (t *counterTable) Name() string { return t.name }
func (t *counterTable) Close() error { return t.file.Close() }

func (t *counterTable) Read(s *Sample) error {
	text, err := t.file.read()
	if err != nil {
		return err
	}
	return t.parse(text, s.Counters)
}

// parse adds the wanted counters of text to into. Tables before a damaged one are kept.
func (t *counterTable) parse(text []byte, into map[string]uint64) error {
	for len(text) > 0 {
		var header, values []byte
		header, text, _ = bytes.Cut(text, newline)
		values, text, _ = bytes.Cut(text, newline)
		table, header, ok := bytes.Cut(header, colon)
		table2, values, ok2 := bytes.Cut(values, colon)
		if !ok || !ok2 || !bytes.Equal(table, table2) {
			return fmt.Errorf("a header is not followed by its values: %.40q, %.40q", table, table2)
		}
		if err := t.columns(table, header).parse(values, into); err != nil {
			return fmt.Errorf("table %.40q: %w", table, err)
		}
	}
	return nil
}

// columns finds the wanted counters in a header, again only when the header is not the one of last
// time: within one boot it always is.
func (t *counterTable) columns(table, header []byte) *columns {
	c := t.layouts[string(table)]
	if c != nil && bytes.Equal(c.header, header) {
		return c
	}
	c = &columns{header: bytes.Clone(header)}
	wanted := false
	for _, field := range bytes.Fields(header) {
		name := t.wanted[string(table)+string(field)]
		c.names = append(c.names, name)
		wanted = wanted || name != ""
	}
	if !wanted {
		c.names = nil
	}
	if len(t.layouts) < 16 { // the kernel has six; anything else is not to grow without end
		t.layouts[string(table)] = c
	}
	return c
}

func (c *columns) parse(values []byte, into map[string]uint64) error {
	if len(c.names) == 0 {
		return nil
	}
	i := 0
	for ; len(values) > 0; i++ {
		var field []byte
		values = bytes.TrimLeft(values, " ")
		if field, values, _ = bytes.Cut(values, space); len(field) == 0 {
			break
		}
		if i >= len(c.names) {
			return fmt.Errorf("%d names, but more values", len(c.names))
		}
		if c.names[i] == "" { // MaxConn is -1: what is not wanted need not be a number
			continue
		}
		v, err := strconv.ParseUint(string(field), 10, 64)
		if err != nil {
			return fmt.Errorf("%s: %w", c.names[i], err)
		}
		into[c.names[i]] = v
	}
	if i != len(c.names) {
		return fmt.Errorf("%d names, but %d values", len(c.names), i)
	}
	return nil
}

var (
	newline = []byte("\n")
	colon   = []byte(":")
	space   = []byte(" ")
)
