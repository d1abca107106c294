package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTCPTable: listeners come first, over as many pages as they are; what is behind them is not read.
func TestTCPTable(t *testing.T) {
	line := func(port int, state string, depth int) string {
		return fmt.Sprintf("%4d: 0100007F:%04X 00000000:0000 %s 00000000:%08X 00:00000000 00000000     0        0 27180 1 0000000000000000 100 0 0 10 0\n", 0, port, state, depth)
	}
	head := "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	many := strings.Repeat(line(9, "0A", 0), 100)
	for name, test := range map[string]struct {
		tcp, tcp6   string
		sockets, at uint64
		err         bool
	}{
		"a listener":          {head + line(8000, "0A", 17) + line(8000, "01", 99), head, 1, 17, false},
		"both families":       {head + line(8000, "0A", 2), head + line(8000, "0A", 30), 2, 30, false},
		"far behind":          {head + many + line(8000, "0A", 5), head, 1, 5, false},
		"behind a connection": {head + line(7, "01", 0) + line(8000, "0A", 5), head, 0, 0, false},
		"none":                {head, "", 0, 0, false},
		"damaged":             {head + "0: 1 2\n", head, 0, 0, true},
		"no queue":            {head + "0: 0100007F:1F40 0:0 0A 0-0 x\n", head, 0, 0, true},
	} {
		dir := t.TempDir()
		for file, text := range map[string]string{"tcp": test.tcp, "tcp6": test.tcp6} {
			if text != "" {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		table, err := newTCPTable(dir, []uint16{8000})
		if err != nil {
			t.Fatal(err)
		}
		s := newSample()
		err = table.Read(s)
		if (err != nil) != test.err || s.Gauges["listen.sockets"] != test.sockets ||
			s.Gauges["listen.depth"] != test.at {
			t.Errorf("%s: %v, %v", name, s.Gauges, err)
		}
		table.Close()
	}
}
