package runfile

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// histogramEncoder writes values as HDR V2, which every HDR tool reads. The library's own encoder starts a
// new deflater for each histogram, over a megabyte of memory: some 50 times a second, in the process whose
// punctuality is the measurement, that is a garbage collection every second. This one keeps its deflater and
// needs no counts array, because the values of a bin are few.
type histogramEncoder struct {
	indices  []int
	payload  []byte
	deflated bytes.Buffer
	deflater *zlib.Writer
}

// encode returns the values (ns) as a V2 compressed base64 string; "" where there are none.
//
// A header (cookie, length of the counts, offset, digits, lowest, highest, ratio), then the counts in
// order of value as zigzag LEB128, a run of n zeros as −n; all of that deflated behind a cookie and
// its length (HdrHistogram, AbstractHistogram.java).
func (e *histogramEncoder) encode(values []int64) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	const fixed = hdr.ENCODING_HEADER_SIZE
	e.payload = append(e.payload[:0], make([]byte, fixed)...)
	e.counts(values)
	h, order := e.payload, binary.BigEndian
	order.PutUint32(h[0:], uint32(hdr.V2EncodingCookieBase|0x10))
	order.PutUint32(h[4:], uint32(len(e.payload)-fixed))
	order.PutUint32(h[12:], histogramDigits)
	order.PutUint64(h[16:], uint64(histogramLowest))
	order.PutUint64(h[24:], uint64(histogramHighest))
	order.PutUint64(h[32:], math.Float64bits(1))

	e.deflated.Reset()
	e.deflated.Write(make([]byte, 8))
	if e.deflater == nil {
		e.deflater = zlib.NewWriter(&e.deflated)
	}
	e.deflater.Reset(&e.deflated)
	if _, err := e.deflater.Write(e.payload); err != nil {
		return "", fmt.Errorf("encode histogram: %w", err)
	}
	if err := e.deflater.Close(); err != nil {
		return "", fmt.Errorf("encode histogram: %w", err)
	}
	out := e.deflated.Bytes()
	order.PutUint32(out[0:], uint32(hdr.V2CompressedEncodingCookieBase|0x10))
	order.PutUint32(out[4:], uint32(len(out)-8))
	return base64.StdEncoding.EncodeToString(out), nil
}

// counts appends the counters up to the last that is not 0.
func (e *histogramEncoder) counts(values []int64) {
	e.indices = e.indices[:0]
	for _, v := range values {
		e.indices = append(e.indices, bucket(v))
	}
	slices.Sort(e.indices)
	next := 0 // the counter to be written
	for len(e.indices) > 0 {
		i, n := e.indices[0], 1
		for n < len(e.indices) && e.indices[n] == i {
			n++
		}
		if gap := i - next; gap == 1 {
			e.payload = binary.AppendVarint(e.payload, 0) // as the library does: only longer runs are runs
		} else if gap > 1 {
			e.payload = binary.AppendVarint(e.payload, int64(-gap))
		}
		e.payload = binary.AppendVarint(e.payload, int64(n))
		next, e.indices = i+1, e.indices[n:]
	}
}
