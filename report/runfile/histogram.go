package runfile

import (
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
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

// What the library makes of that geometry: steps of 2⁹ ns, and 2¹¹ of them, which is the first power of
// two from 2·10³ on, before they double.
const (
	unitMagnitude = 9
	halfPower     = 10
	half          = 1 << halfPower
)

// maxBuckets is one more than the last bucket.
var maxBuckets = bucket(histogramHighest) + 1

// bucket is the index of the counter of a value.
func bucket(ns int64) int {
	v := uint64(min(max(ns, 0), histogramHighest))
	doubled := bits.Len64(v|(2*half-1)<<unitMagnitude) - unitMagnitude - halfPower - 1
	return doubled<<halfPower + int(v>>(doubled+unitMagnitude))
}

// lowest is the least value that a counter counts.
func lowest(bucket int) int64 {
	doubled := max(0, bucket>>halfPower-1)
	return int64(bucket-doubled<<halfPower) << (doubled + unitMagnitude)
}

// MergeHistogram adds the histogram encoded in a Bin to into, which NewHistogram made. See ReadHistogram.
func MergeHistogram(into *hdr.Histogram, encoded string) error {
	var failed error
	err := ReadHistogram(encoded, func(low, _ time.Duration, n uint64) {
		if err := into.RecordValues(int64(low), int64(n)); err != nil && failed == nil {
			failed = fmt.Errorf("histogram: %w", err)
		}
	})
	return errors.Join(err, failed)
}

// ReadHistogram visits the counters of a histogram that is encoded in a Bin and are not 0, ascending: n
// values from low to high. The encoded string is hostile: it is read counter by counter and never unpacked as
// a whole, and one of another geometry is refused, perhaps after some visits. (The library's Decode allocates
// whatever the header claims, up to 50 MB, and costs ten times as much for the few values of a bin.)
func ReadHistogram(encoded string, visit func(low, high time.Duration, n uint64)) error {
	if encoded == "" {
		return nil
	}
	counts, err := inflateCounts(encoded)
	if err != nil {
		return fmt.Errorf("histogram: %w", err)
	}
	for i := 0; len(counts) > 0; i++ {
		n, size := binary.Varint(counts)
		if size <= 0 {
			return errors.New("histogram: its last counter is cut short")
		}
		counts = counts[size:]
		switch {
		case n < -int64(maxBuckets):
			return fmt.Errorf("histogram: a run of %d zeros", -n)
		case n < 0:
			i += int(-n) - 1
		case i >= maxBuckets:
			return fmt.Errorf("histogram: more than %d counters", maxBuckets)
		case n > 0:
			visit(time.Duration(lowest(i)), time.Duration(lowest(i+1)-1), uint64(n))
		}
		if i >= maxBuckets {
			return fmt.Errorf("histogram: more than %d counters", maxBuckets)
		}
	}
	return nil
}

// inflateCounts takes the base64, the deflation and the header off; see histogramEncoder.encode.
func inflateCounts(encoded string) ([]byte, error) {
	b := base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded))
	var outer [8]byte
	if _, err := io.ReadFull(b, outer[:]); err != nil {
		return nil, fmt.Errorf("cut short: %w", err)
	}
	z, err := zlib.NewReader(b)
	if err != nil {
		return nil, err
	}
	var h [hdr.ENCODING_HEADER_SIZE]byte
	if _, err := io.ReadFull(z, h[:]); err != nil {
		return nil, fmt.Errorf("cut short: %w", err)
	}
	order := binary.BigEndian
	digits, low, high := order.Uint32(h[12:]), order.Uint64(h[16:]), order.Uint64(h[24:])
	switch length := order.Uint32(h[4:]); {
	case order.Uint32(outer[:])&^0xf0 != uint32(hdr.V2CompressedEncodingCookieBase),
		order.Uint32(h[:])&^0xf0 != uint32(hdr.V2EncodingCookieBase):
		return nil, errors.New("not HDR V2")
	case digits != histogramDigits || low != uint64(histogramLowest) || high != uint64(histogramHighest):
		return nil, fmt.Errorf("it covers %d to %d with %d digits, want %d to %d ns with %d", low, high,
			digits, histogramLowest, histogramHighest, histogramDigits)
	case length > uint32(9*maxBuckets):
		return nil, fmt.Errorf("%d bytes of counters", length)
	default:
		counts := make([]byte, length)
		if _, err := io.ReadFull(z, counts); err != nil {
			return nil, fmt.Errorf("cut short: %w", err)
		}
		if n, err := z.Read(h[:1]); n != 0 || err != io.EOF { // at EOF the checksum was verified
			return nil, fmt.Errorf("more than %d bytes of counters, or damaged: %v", length, err)
		}
		return counts, nil
	}
}
