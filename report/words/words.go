// Package words has every sentence of the reports that a person reads, by the code of what was found. No
// other package has one, so that one writer can read and mend them all, and none reads a sentence back.
//
// The sentences stand in tables, a topic a file. They are international English for readers whose first
// language it is not: the answer first, one idea a sentence, twenty words at most, subject first, active
// voice.
//
// A sentence is a text with placeholders:
//
//	{name}                the argument: a string, a list "a, b and c", a count "2,628", a duration, another finding, an
//	                      estimate with its interval ({name|4}: with so many digits)
//	{name|rate}           a number in base units: rate, seconds, percent, points, ratio, quotient; with a digit, rate4: so
//	                      many digits; rate0: a stated number, with the digits that it has
//	{name|count overflow} a count with its noun: "1 overflow", "2,628 overflows"; {name|count retry/retries}; {name|count}
//	{name|times}          "once", "12 times"
//	{name|list}           several findings as "a, b and c"; without it they follow each other as sentences
//	[ … {name} … ]        left out where any argument in it is absent: nil, "", false, an empty list. A true adds nothing
//	[ … {a} …|… {b} …|…]  the first of these parts of which nothing is absent
//
// Outside of brackets, doubled ones stand for themselves.
package words

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/report/result"
	"weir/report/unit"
)

// Sentences are texts with placeholders, by code.
type Sentences map[result.Code]string

// topics are all tables; no code stands in two of them.
var topics = []Sentences{causes, warnings, verdicts, comparisons, gates, proxies, documents, lanes, hosts,
	nginx, sideBySide, formulas, drawings, claims}

var all = merge(topics)

func merge(topics []Sentences) Sentences {
	out := Sentences{}
	for _, t := range topics {
		for code, text := range t {
			if _, twice := out[code]; twice {
				panic(fmt.Sprintf("two sentences for the code %q", code))
			}
			out[code] = text
		}
	}
	return out
}

// Codes are all that have a sentence, sorted.
func Codes() []result.Code { return slices.Sorted(maps.Keys(all)) }

// Of is the sentence of a finding, after the name of its lane. Strings that came from outside are cleaned
// (unit.Clean). A code without a sentence is shown as itself, or as the text of an event: nothing that was
// found is lost.
func Of(f result.Finding) string {
	if f.Text != "" {
		return unit.Clean(f.Text)
	}
	sentence := unit.Clean(string(f.Code))
	if text, ok := all[f.Code]; ok {
		sentence = Expand(text, f.Args)
	} else if f.Args["text"] != nil {
		sentence = Expand(event, f.Args)
	}
	if f.Lane != "" {
		sentence = unit.Clean(f.Lane) + ": " + sentence
	}
	return sentence
}

// List has the sentences of some findings, in their order.
func List(findings []result.Finding) []string {
	list := make([]string, len(findings))
	for i, f := range findings {
		list[i] = Of(f)
	}
	return list
}

// Join has them in one paragraph.
func Join(findings []result.Finding) string { return strings.Join(List(findings), " ") }

// Expand fills the placeholders of a text.
func Expand(text string, args result.Args) string {
	out, _ := expand(text, args)
	return out
}

// expand also tells whether every argument outside of brackets was there.
func expand(text string, args result.Args) (out string, complete bool) {
	var b strings.Builder
	complete = true
	for text != "" {
		i := strings.IndexAny(text, "{[]")
		if i < 0 {
			b.WriteString(text)
			break
		}
		b.WriteString(text[:i])
		c := text[i]
		text = text[i+1:]
		switch {
		case c == '{':
			name, after, _ := strings.Cut(text, "}")
			value, known := placeholder(name, args)
			b.WriteString(value)
			complete = complete && known
			text = after
		case strings.HasPrefix(text, string(c)): // doubled
			b.WriteByte(c)
			text = text[1:]
		case c == '[':
			parts, after := alternatives(text)
			for _, part := range parts {
				if filled, whole := expand(part, args); whole {
					b.WriteString(filled)
					break
				}
			}
			text = after
		}
	}
	return b.String(), complete
}

// alternatives splits what follows an opening bracket into its parts, up to the bracket that closes it.
func alternatives(text string) (parts []string, rest string) {
	depth, begin := 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == '[':
			depth++
		case c == ']' && depth > 0:
			depth--
		case c == ']':
			return append(parts, text[begin:i]), text[i+1:]
		case c == '|' && depth == 0:
			parts, begin = append(parts, text[begin:i]), i+1
		}
	}
	return append(parts, text[begin:]), ""
}

// placeholder is what stands for "name" or "name|format", and whether it is known.
func placeholder(spec string, args result.Args) (string, bool) {
	name, format, _ := strings.Cut(spec, "|")
	v, ok := args[name]
	if !ok || absent(v) {
		return unit.Unknown, false
	}
	return show(v, format), true
}

func absent(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	case []result.Finding:
		return len(v) == 0
	case result.Finding:
		return v.IsZero()
	case unit.Estimate:
		return v.Value == nil
	case *float64:
		return v == nil
	case *uint64:
		return v == nil
	case *uint32:
		return v == nil
	}
	return false
}

func show(v any, format string) string {
	switch v := v.(type) {
	case bool:
		return ""
	case string:
		return unit.Clean(v)
	case []string:
		return list(v)
	case result.Finding:
		return Of(v)
	case []result.Finding:
		if format == "list" {
			return list(List(v))
		}
		return Join(v)
	case unit.Estimate:
		if digits, err := strconv.Atoi(format); err == nil {
			return v.FormatTo(digits)
		}
		return v.String()
	case time.Duration:
		return unit.Time.Format(v.Seconds())
	case *float64:
		return float(*v, format)
	case *uint64:
		return counted(*v, format)
	case *uint32:
		return counted(uint64(*v), format)
	case float64:
		return float(v, format)
	case int:
		return counted(uint64(max(v, 0)), format)
	case uint32:
		return counted(uint64(v), format)
	case uint64:
		return counted(v, format)
	}
	return unit.Clean(fmt.Sprint(v))
}

// list is "a", "a and b", "a, b and c".
func list(parts []string) string {
	clean := make([]string, len(parts))
	for i, p := range parts {
		clean[i] = unit.Clean(p)
	}
	if n := len(clean); n > 1 {
		return strings.Join(clean[:n-1], ", ") + " and " + clean[n-1]
	}
	return clean[0]
}

// float writes a number, which is a count where its format is a count's: numbers that a record keeps have
// lost their type.
func float(x float64, format string) string {
	if x >= 0 && (format == "times" || strings.HasPrefix(format, "count")) {
		return counted(uint64(math.Round(x)), format)
	}
	return number(x, format)
}

func counted(n uint64, format string) string {
	noun, isCount := strings.CutPrefix(format, "count ")
	switch {
	case isCount:
		return unit.Plural(n, noun)
	case format == "times":
		return unit.Times(n)
	case format == "", format == "count":
		return unit.Int(n)
	}
	return number(float64(n), format)
}

var units = map[string]unit.Unit{
	"rate": unit.Rate, "seconds": unit.Time, "percent": unit.Share, "points": unit.Points,
	"ratio": unit.Ratio, "quotient": unit.Quotient, "number": unit.Ratio, "": unit.Ratio,
}

// number writes a float in the unit that the format names: "rate", or "rate4" with its significant digits.
func number(x float64, format string) string {
	name := strings.TrimRight(format, "0123456789")
	digits := 3
	if n, err := strconv.Atoi(format[len(name):]); err == nil {
		digits = n
	}
	return units[name].FormatTo(x, digits)
}
