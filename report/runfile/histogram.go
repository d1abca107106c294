package runfile

import (
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// The geometry of every histogram in a record: nanoseconds, from a microsecond to an hour, three
// significant digits. What is shorter counts as under a microsecond, what is longer as an hour.
const (
	histogramLowest  = int64(time.Microsecond)
	histogramHighest = int64(time.Hour)
	histogramDigits  = 3
)

// NewHistogram returns an empty histogram of nanoseconds with the record's geometry. It takes 200 KB.
func NewHistogram() *hdr.Histogram {
	return hdr.New(histogramLowest, histogramHighest, histogramDigits)
}

// encodeHistogram returns the values (ns) as an HDR V2 compressed base64 string, which other HDR tools read
// too; "" where there are none. scratch is overwritten.
func encodeHistogram(scratch *hdr.Histogram, values []int64) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	scratch.Reset()
	for _, v := range values {
		if err := scratch.RecordValue(min(max(v, 0), histogramHighest)); err != nil {
			return "", fmt.Errorf("record a latency of %v: %w", time.Duration(v), err)
		}
	}
	b, err := scratch.EncodeV2()
	return string(b), err
}

// MergeHistogram adds the histogram encoded in a Bin to into, which NewHistogram made. The encoded
// string is hostile: one of another geometry, which could ask for any amount of memory, is refused
// before it is unpacked.
func MergeHistogram(into *hdr.Histogram, encoded string) error {
	if encoded == "" {
		return nil
	}
	if err := checkGeometry(encoded); err != nil {
		return fmt.Errorf("histogram: %w", err)
	}
	h, err := hdr.Decode([]byte(encoded))
	if err != nil {
		return fmt.Errorf("histogram: %w", err)
	}
	if into.Merge(h) != 0 {
		return errors.New("histogram: its counts do not fit")
	}
	return nil
}

// checkGeometry reads the fixed part of the V2 format: a cookie and a length, then, deflated, a header of 40
// bytes with the significant digits at 12, the lowest value at 16 and the highest at 24
// (HdrHistogram, AbstractHistogram.java, encodeIntoCompressedByteBuffer).
func checkGeometry(encoded string) error {
	b := base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded))
	if _, err := io.CopyN(io.Discard, b, 8); err != nil {
		return fmt.Errorf("cut short: %w", err)
	}
	z, err := zlib.NewReader(b)
	if err != nil {
		return err
	}
	var h [hdr.ENCODING_HEADER_SIZE]byte
	if _, err := io.ReadFull(z, h[:]); err != nil {
		return fmt.Errorf("cut short: %w", err)
	}
	digits := binary.BigEndian.Uint32(h[12:])
	lowest, highest := binary.BigEndian.Uint64(h[16:]), binary.BigEndian.Uint64(h[24:])
	if digits != histogramDigits || lowest != uint64(histogramLowest) || highest != uint64(histogramHighest) {
		return fmt.Errorf("it covers %d to %d with %d digits, want %d to %d ns with %d",
			lowest, highest, digits, histogramLowest, histogramHighest, histogramDigits)
	}
	return nil
}
