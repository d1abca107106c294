package catalogue

import (
	"fmt"
	"strconv"
	"strings"
)

// Share is a part of a whole, written in per cent: 20%.
type Share float64

// UnmarshalText reads what String writes.
func (s *Share) UnmarshalText(text []byte) error {
	number, ok := strings.CutSuffix(strings.TrimSpace(string(text)), "%")
	x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil {
		return fmt.Errorf("share %q: write it in per cent, like 20%%", text)
	}
	*s = Share(x / 100)
	return nil
}

// String writes it in per cent.
func (s Share) String() string { return strconv.FormatFloat(100*float64(s), 'g', 6, 64) + "%" }
