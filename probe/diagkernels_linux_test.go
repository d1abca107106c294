package probe

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// diagAnswers are what a kernel answered to the probe's own questions about the sockets of the experiment
// that testdata/README describes: by question, the messages with their headers.
func diagAnswers(t *testing.T, version string) map[string][]byte {
	t.Helper()
	answers := map[string][]byte{}
	for line := range strings.Lines(string(fixture(t, "diag-"+version))) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		answers[name] = b
	}
	return answers
}

// TestCapturedDiagnostics reads what kernels answered to inet_diag's and unix_diag's questions. Each tells
// more than was asked, and not all the same, of the same sockets.
func TestCapturedDiagnostics(t *testing.T) {
	const captured = 9 // the sequence number of the questions
	full, six := "127.0.0.1:8000 2/1 drops 3", "[::]:8003 0/6 drops 0, [::]:8003 0/7 drops 0"
	for _, version := range []string{"5.10", "6.1", "6.12", "6.18", "7.2"} {
		t.Run(version, func(t *testing.T) {
			answers := diagAnswers(t, version)
			for question, want := range map[string]string{
				"listen-one":  full,
				"listen-ipv4": full + ", 127.0.0.1:8002 0/4096 drops 0",
				"listen-ipv6": "[::1]:8001 0/4096 drops 0, " + six,
				"listen-both": full + ", 127.0.0.1:8002 0/4096 drops 0, [::1]:8001 0/4096 drops 0, " + six,
			} {
				var got []string
				cookies := map[uint64]bool{}
				done, err := eachDiag(answers[question], captured, func(b []byte) error {
					l, err := parseInetListener(b)
					drops := "unknown"
					if l.hasDrops {
						drops = fmt.Sprint(l.drops)
					}
					got = append(got, fmt.Sprintf("%v %d/%d drops %s", l.addr, l.depth, l.limit, drops))
					cookies[l.cookie] = l.inode != 0
					return err
				})
				slices.Sort(got)
				if text := strings.Join(got, ", "); err != nil || done == (question == "listen-one") ||
					text != want {
					t.Errorf("%s: %s, done %v, %v; want %s", question, text, done, err, want)
				}
				if len(cookies) != len(got) || cookies[0] {
					t.Errorf("%s: cookies %v", question, cookies)
				}
			}

			c := connections{ports: []uint16{8002}}
			c.use.reset(portRange{low: 1, high: 65535})
			if done, err := eachDiag(answers["towards-8002"], captured, c.addMessage); !done || err != nil ||
				c.use.timeWait != 4 || c.use.established+c.use.synSent != 0 {
				t.Errorf("towards :8002: %+v, done %v, %v", c.use, done, err)
			}
			for at := range c.use.tuples {
				if lo := netip.MustParseAddr("127.0.0.1"); at.source != lo || at.destination != lo ||
					at.port != 8002 {
					t.Errorf("a tuple of %+v", at)
				}
			}
			if done, err := eachDiag(answers["syn-recv"], captured,
				func([]byte) error { return errors.New("a SYN queue that holds something") }); !done ||
				err != nil {
				t.Errorf("SYN queues: done %v, %v", done, err)
			}

			var unixes []string
			done, err := eachDiag(answers["unix"], captured, func(b []byte) error {
				l, err := parseUnixListener(b)
				unixes = append(unixes, fmt.Sprintf("%s %d/%d file %v", l.name, l.depth, l.limit,
					l.file != fileID{}))
				return err
			})
			slices.Sort(unixes)
			if got := strings.Join(unixes, ", "); !done || err != nil ||
				got != "/tmp/app.sock 2/3 file true, @weir 0/5 file false" {
				t.Errorf("unix listeners: %s, done %v, %v", got, done, err)
			}
		})
	}
}

// attribute is a struct rtattr with so many 32 bit words, each its own index.
func attribute(kind uint16, words int) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+4*words))
	b = binary.NativeEndian.AppendUint16(b, kind)
	for i := range words {
		b = binary.NativeEndian.AppendUint32(b, uint32(i))
	}
	return b
}

// TestDiagAttributes: attributes are found by their type, wherever they stand, and what a kernel has put
// behind the words that are known changes nothing. The lengths and types are made up, beyond what any kernel
// sends.
func TestDiagAttributes(t *testing.T) {
	inet := make([]byte, inetMsgLen)
	inet[0] = unix.AF_INET
	odd := []byte{5, 0, 60, 0, 1, 0, 0, 0} // of one byte, padded to four
	for name, test := range map[string]struct {
		attrs []byte
		drops bool // known
		err   error
	}{
		"none":       {nil, false, nil},
		"before 4.9": {attribute(inetMemInfo, memDrops), false, nil},
		"as it is":   {attribute(inetMemInfo, memDrops+1), true, nil},
		"longer":     {attribute(inetMemInfo, 4*memDrops), true, nil},
		"behind others": {slices.Concat(attribute(1, 5), odd, attribute(200, 0),
			attribute(inetMemInfo, memDrops+1)), true, nil},
		"before others": {slices.Concat(attribute(inetMemInfo, memDrops+1),
			attribute(22, 2), odd), true, nil},
		"the last one is not padded": {append(attribute(inetMemInfo, memDrops+1), odd[:5]...), true,
			nil},
		"cut within the words": {attribute(inetMemInfo, memDrops+1)[:20], false, errShort},
		"the next is cut in its head": {append(attribute(inetMemInfo, memDrops+1), 8, 0), true,
			errShort},
		"a length below that of its head": {[]byte{3, 0, inetMemInfo, 0}, false, errShort},
		"empty, and of the type":          {attribute(inetMemInfo, 0), false, nil},
		"of a type that has the low bits": {attribute(inetMemInfo|1<<8, memDrops+1), false, nil},
		"a type from before, as a decoy":  {attribute(1, memDrops+1), false, nil}, // INET_DIAG_MEMINFO
		"twice: the later one is believed": {append(attribute(inetMemInfo, 2),
			attribute(inetMemInfo, memDrops+1)...), true, nil},
	} {
		l, err := parseInetListener(slices.Concat(inet, test.attrs))
		if l.hasDrops != test.drops || test.drops && l.drops != memDrops || !errors.Is(err, test.err) ||
			err != nil && test.err == nil {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}

	named := func(name string) []byte {
		b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(name)))
		b = append(binary.NativeEndian.AppendUint16(b, unixName), name...)
		return append(b, bytes.Repeat([]byte{0}, align4(len(b))-len(b))...)
	}
	for name, test := range map[string]struct {
		attrs []byte
		want  string
		err   error
	}{
		"in another order": {slices.Concat(attribute(unixRQLen, 2), attribute(9, 3), named("/a"),
			attribute(unixVFS, 2)), "/a 0/1 true {0 1}", nil},
		"longer": {slices.Concat(named("/ab\x00"), attribute(unixVFS, 5),
			attribute(unixRQLen, 7)), "/ab 0/1 true {0 1}", nil},
		"shorter: not known": {slices.Concat(named("/a"), attribute(unixVFS, 1),
			attribute(unixRQLen, 1)), "/a 0/0 false {0 0}", nil},
		"without a name": {attribute(unixRQLen, 2), " 0/1 true {0 0}", nil},
		"a name of nothing": {slices.Concat(named(""), attribute(unixRQLen, 2)), " 0/1 true {0 0}",
			nil},
		"abstract, with a NUL": {slices.Concat(named("\x00a\x00b"), attribute(unixRQLen, 2)),
			"@a\x00b 0/1 true {0 0}", nil},
		"cut within the name": {named("/abcdefgh")[:7], " 0/0 false {0 0}", errShort},
		"cut where the name is not": {append(named("/a"), attribute(unixRQLen, 2)[:9]...),
			"/a 0/0 false {0 0}", errShort},
	} {
		l, err := parseUnixListener(append(make([]byte, unixMsgLen), test.attrs...))
		got := fmt.Sprintf("%s %d/%d %v %v", l.name, l.depth, l.limit, l.hasDepth, l.file)
		if got != test.want || !errors.Is(err, test.err) || err != nil && test.err == nil {
			t.Errorf("%s: %q, %v; want %q", name, got, err, test.want)
		}
	}
}
