package probe

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// maxProcFile bounds a table. The largest that is read here, /proc/stat on a thousand cores, has some
// 100 KB.
const maxProcFile = 4 << 20

// procFile reads a small kernel table again and again through one descriptor. Keeping it saves the path
// lookup and, for /proc/*/net, holds on to the network namespace in which it was opened.
type procFile struct {
	f   *os.File
	buf []byte
}

func openProc(path string) (*procFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &procFile{f: f, buf: make([]byte, 16<<10)}, nil
}

// read returns the table as it is now; the bytes are valid until the next read. These files show one
// record, which the kernel makes at offset 0 and hands out whole if the buffer is large enough: so a
// buffer that was filled to the brim is enlarged, and everything is read anew.
func (p *procFile) read() ([]byte, error) {
	for {
		n, err := p.f.ReadAt(p.buf, 0)
		switch {
		case errors.Is(err, io.EOF):
			return p.buf[:n], nil
		case err != nil:
			return nil, err
		case len(p.buf) >= maxProcFile:
			return nil, fmt.Errorf("%s: more than %d bytes: this is no table that the probe knows", p.f.Name(), maxProcFile)
		}
		p.buf = make([]byte, 2*len(p.buf))
	}
}

func (p *procFile) Close() error { return p.f.Close() }
