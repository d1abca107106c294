package remote

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"weir/probe"
)

// Bounds of what is believed. Everything that comes out of the pipe may be wrong, or meant ill.
const (
	maxLine    = 1 << 20
	maxEntries = 4096 // listeners that were asked for; sockets of a server

	maxListeners = 1024 // in a discovery, as in a snapshot
	maxServers   = 256  // in a discovery: the members of an SO_REUSEPORT group are one each
	maxWorkers   = 1024 // of a server; we send no more of all together, so that hello stays within maxLine

	maxName = 256 // a host's, a listener's; a unix path has at most 108 bytes
	maxText = 512
	maxTime = 10 * 365 * 24 * time.Hour
)

// check refuses what cannot be, and makes text safe to show.
func check(value any) error {
	switch v := value.(type) {
	case *Hello:
		if v.Schema != Schema {
			return fmt.Errorf("schema %.40q, but this weir reads %s: use the same version at both ends",
				v.Schema, Schema)
		}
		return checkHello(v)
	case *probe.Sample:
		v.Host = clean(v.Host, maxName)
		for i, e := range v.Errors {
			v.Errors[i].Source, v.Errors[i].Text = clean(e.Source, maxName), clean(e.Text, maxText)
		}
		cleanListeners(v.Listeners)
		return v.Check()
	case *pong:
		return times(v.Received, v.Sent)
	case *bye:
		v.Reason = clean(v.Reason, maxText)
		return errors.Join(times(v.At), checkSnapshot(v.Snapshot))
	}
	return nil
}

func checkHello(h *Hello) error {
	h.Version, h.Host = clean(h.Version, maxName), clean(h.Host, maxName)
	if len(h.Listeners) > maxEntries {
		return errors.New("too many entries")
	}
	for i, name := range h.Listeners {
		h.Listeners[i] = clean(name, maxName)
	}
	if h.Every <= 0 {
		return fmt.Errorf("an interval of %v", h.Every)
	}
	return errors.Join(checkSnapshot(h.Snapshot), checkDiscovery(h.Discovery), times(h.Every))
}

func checkSnapshot(s *probe.Snapshot) error {
	if s != nil {
		cleanListeners(s.Listeners)
		for name, value := range s.Sysctls {
			s.Sysctls[name] = clean(value, maxText)
		}
	}
	return s.Check()
}

func cleanListeners(list []probe.Listener) {
	for i := range list {
		list[i].Addr = clean(list[i].Addr, maxName)
	}
}

func times(ts ...time.Duration) error {
	for _, t := range ts {
		if t < 0 || t > maxTime {
			return fmt.Errorf("%v is no time since an epoch", t)
		}
	}
	return nil
}

// clean makes text fit to be shown: no control codes, at most max bytes.
func clean(text string, max int) string {
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
	if len(text) > max {
		text = strings.ToValidUTF8(text[:max-len("…")], "") + "…"
	}
	return text
}

// lineReader reads lines of at most maxLine bytes. A longer one is passed over.
type lineReader struct{ r *bufio.Reader }

func newLineReader(r io.Reader) lineReader { return lineReader{bufio.NewReaderSize(r, maxLine)} }

var (
	errLong = fmt.Errorf("a line of more than %d bytes", maxLine)
	errTorn = errors.New("the last line is torn")
)

// next returns the next line without its end, which is valid until the following call. errLong and errTorn
// are about one line; after errTorn comes what ended the stream.
func (l lineReader) next() ([]byte, error) {
	text, err := l.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = l.r.ReadSlice('\n')
		}
		return nil, errLong
	}
	if err != nil && len(text) > 0 {
		return nil, errTorn
	}
	return text, err
}
