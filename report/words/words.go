// Package words has every sentence of the reports that a person reads, by the code of what was found. No other
// package has one, so that one writer can read and mend them all, and none reads a sentence back.
//
// The sentences stand in tables, a topic a file. They are international English for readers whose first language
// it is not: the answer first, one idea a sentence, twenty words at most, subject first, active voice.
//
// A sentence is a text with placeholders:
//
//	{name}                the argument: a string, a list "a, b and c", a count "2,628", a duration, another finding
//	{name|rate}           a number in base units: rate, seconds, percent, ratio; with a digit, rate4: so many digits
//	{name|count overflow} a count with its noun: "1 overflow", "2,628 overflows"; {name|count retry/retries}
//	{name|times}          "once", "12 times"
//	[ … {name} … ]        left out where any argument in it is absent: nil, "", false, an empty list. A true adds nothing
//
// Square brackets are doubled to stand for themselves.
package words

import (
	"fmt"
	"maps"
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
var topics = []Sentences{causes, warnings, verdicts, comparisons, gates, proxies}

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

// Of is the sentence of a finding. Strings that came from outside are cleaned (unit.Clean). A code without a
// sentence is shown as itself: nothing that was found is lost.
func Of(f result.Finding) string {
	if f.Text != "" {
		return unit.Clean(f.Text)
	}
	text, ok := all[f.Code]
	if !ok {
		return string(f.Code)
	}
	return Expand(text, f.Args)
}

// Expand fills the placeholders of a text.
func Expand(text string, args result.Args) string {
	out, _, _ := expand(text, args, false)
	return out
}

// expand reads up to the end, or to the bracket that closes an optional part. Complete tells whether every
// argument was there.
func expand(text string, args result.Args, inner bool) (out, rest string, complete bool) {
	var b strings.Builder
	complete = true
	for text != "" {
		i := strings.IndexAny(text, "{[]")
		if i < 0 {
			b.WriteString(text)
			return b.String(), "", complete
		}
		b.WriteString(text[:i])
		c := text[i]
		switch {
		case c != '{' && strings.HasPrefix(text[i+1:], string(c)): // doubled
			b.WriteByte(c)
			text = text[i+2:]
		case c == '{':
			name, after, _ := strings.Cut(text[i+1:], "}")
			value, known := placeholder(name, args)
			b.WriteString(value)
			complete = complete && known
			text = after
		case c == '[':
			part, after, whole := expand(text[i+1:], args, true)
			if whole {
				b.WriteString(part)
			}
			text = after
		case inner:
			return b.String(), text[i+1:], complete
		default:
			text = text[i+1:]
		}
	}
	return b.String(), "", complete
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
		return v.Code == "" && v.Text == ""
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
		var parts []string
		for _, f := range v {
			parts = append(parts, Of(f))
		}
		return strings.Join(parts, " ")
	case unit.Estimate:
		return v.String()
	case time.Duration:
		return unit.Time.Format(v.Seconds())
	case *float64:
		return number(*v, format)
	case *uint64:
		return counted(*v, format)
	case *uint32:
		return counted(uint64(*v), format)
	case float64:
		return number(v, format)
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

func counted(n uint64, format string) string {
	noun, isCount := strings.CutPrefix(format, "count ")
	switch {
	case isCount:
		return unit.Plural(n, noun)
	case format == "times":
		return unit.Times(n)
	case format == "":
		return unit.Int(n)
	}
	return number(float64(n), format)
}

var units = map[string]unit.Unit{
	"rate": unit.Rate, "seconds": unit.Time, "percent": unit.Share, "ratio": unit.Ratio, "number": unit.Ratio, "": unit.Ratio,
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
