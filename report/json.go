package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"weir/report/result"
)

// JSON writes report.json. The order is fixed (fields as declared, maps by key) and floats are rounded
// to six significant digits, so that two machines that analyse the same record agree byte for byte even
// where their last bits of floating point do not. Lists of plain values stand on one line, which keeps a
// timeline of thousands of bins readable and its diffs short. A number that is not finite is an error.
func JSON(w io.Writer, a *result.Analysis) error {
	if err := writeJSON(w, a); err != nil {
		return fmt.Errorf("report.json: %w", err)
	}
	return nil
}

func writeJSON[T any](w io.Writer, v *T) error {
	var compact bytes.Buffer
	enc := json.NewEncoder(&compact)
	enc.SetEscapeHTML(false) // a URL's & stays an &; U+2028 and U+2029 are escaped all the same
	if err := enc.Encode(filtered(filter{float: round6}, v)); err != nil {
		return err
	}
	_, err := w.Write(indentJSON(bytes.TrimSpace(compact.Bytes())))
	return err
}

// round6 rounds to six significant digits, in decimal, as a reader would. It rounds to twelve first: runs
// are made of round numbers, whose quotients often end in an exact 5, and there the last bit of a float
// would decide between up and down.
func round6(x float64) float64 {
	for _, digits := range []int{12, 6} {
		r, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
		if err != nil {
			return x // near the largest float, and nothing that a run measures
		}
		x = r
	}
	return x + 0 // no negative zero
}

// indentJSON lays compact, valid JSON out: one member a line, two blanks a level, but a list that holds
// neither objects nor lists on one line. json.Indent would give every number of a timeline its own line.
func indentJSON(src []byte) []byte {
	out := make([]byte, 0, len(src)*5/4)
	depth, flat := 0, false // flat: within a list of plain values
	newline := func() {
		out = append(out, '\n')
		for range depth {
			out = append(out, ' ', ' ')
		}
	}
	for i := 0; i < len(src); i++ {
		switch c := src[i]; c {
		case '"':
			end := stringEnd(src, i)
			out = append(out, src[i:end]...)
			i = end - 1
		case '{', '[':
			out = append(out, c)
			if closed := src[i+1]; closed == '}' || closed == ']' {
				out = append(out, closed)
				i++
				continue
			}
			if flat = c == '[' && isFlat(src, i+1); !flat {
				depth++
				newline()
			}
		case '}', ']':
			if !flat {
				depth--
				newline()
			}
			flat = false
			out = append(out, c)
		case ',':
			out = append(out, c)
			if flat {
				out = append(out, ' ')
			} else {
				newline()
			}
		case ':':
			out = append(out, ':', ' ')
		default:
			out = append(out, c)
		}
	}
	return append(out, '\n')
}

// isFlat reports whether the list whose first value begins at i holds plain values only.
func isFlat(src []byte, i int) bool {
	for ; ; i++ {
		switch src[i] {
		case '"':
			i = stringEnd(src, i) - 1
		case '{', '[':
			return false
		case ']':
			return true
		}
	}
}

// stringEnd is the index after the closing quote of the string that begins at i.
func stringEnd(src []byte, i int) int {
	for i++; src[i] != '"'; i++ {
		if src[i] == '\\' {
			i++
		}
	}
	return i + 1
}
