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
	fd  int
	buf []byte
}

func openProc(path string) (*procFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &procFile{f: f, fd: int(f.Fd()), buf: make([]byte, 16<<10)}, nil
}

// read returns the table as it is now; the bytes are valid until the next read. These files show one
// record, which the kernel makes at offset 0 and hands out whole if the buffer is large enough: so what
// comes short is all, and a buffer that was filled to the brim is enlarged, and everything read anew.
func (p *procFile) read() ([]byte, error) {
	for {
		n, err := preadBriefly(p.fd, p.buf)
		if err != nil {
			return nil, &os.PathError{Op: "read", Path: p.f.Name(), Err: err}
		}
		if n < len(p.buf) {
			return p.buf[:n], nil
		}
		if err := p.grow(); err != nil {
			return nil, err
		}
	}
}

// readRecords is read for a table of many records, of which the kernel hands out a page at a time however
// large the buffer is.
func (p *procFile) readRecords() ([]byte, error) {
	for {
		n, err := p.f.ReadAt(p.buf, 0) // goes on until the end
		if errors.Is(err, io.EOF) {
			return p.buf[:n], nil
		}
		if err != nil {
			return nil, err
		}
		if err := p.grow(); err != nil {
			return nil, err
		}
	}
}

func (p *procFile) grow() error {
	if len(p.buf) >= maxProcFile {
		return fmt.Errorf("%s: more than %d bytes: this is no table that the probe knows", p.f.Name(),
			maxProcFile)
	}
	p.buf = make([]byte, 2*len(p.buf))
	return nil
}

func (p *procFile) Close() error { return p.f.Close() }
