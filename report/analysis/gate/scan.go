package gate

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// quantity is a number with its unit.
type quantity struct {
	start          int
	number, suffix string
}

func (q quantity) String() string { return q.number + q.suffix }

var (
	number = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?`)
	suffix = regexp.MustCompile(`^[%A-Za-zµ/]+`)
	times  = regexp.MustCompile(`^([0-9.]+\s*\*|baseline\.)`)
)

func (p *parser) quantity() (quantity, error) {
	p.blank()
	q := quantity{start: p.at, number: number.FindString(p.expr[p.at:])}
	if times.MatchString(p.expr[p.at:]) {
		return q, p.fail(p.at, "a limit is a number, and not computed: to compare with the baseline divide by it, like bad.rate / baseline.bad.rate <= 1.1")
	}
	if q.number == "" || len(q.number) > 20 {
		return q, p.fail(p.at, "a number is expected, like 0.5%%, 250ms, 390/s or 10")
	}
	p.at += len(q.number)
	q.suffix = suffix.FindString(p.expr[p.at:])
	p.at += len(q.suffix)
	if q.suffix == "" { // "20 ms", but not "20 over" or "20 abort"
		rest := strings.TrimLeft(p.expr[p.at:], blanks)
		if word := suffix.FindString(rest); units[word].of != "" {
			q.suffix = word
			p.at = len(p.expr) - len(rest) + len(word)
		}
	}
	return q, nil
}

const blanks = " \t\r\n"

func (p *parser) blank() { p.at = len(p.expr) - len(strings.TrimLeft(p.expr[p.at:], blanks)) }

// take skips blanks and the text, if it comes next.
func (p *parser) take(text string) bool {
	p.blank()
	found := strings.HasPrefix(p.expr[p.at:], text)
	if found {
		p.at += len(text)
	}
	return found
}

// word is take for a whole word.
func (p *parser) word(text string) bool {
	p.blank()
	if rest, found := strings.CutPrefix(p.expr[p.at:], text); found && name.FindString(rest) == "" {
		p.at += len(text)
		return true
	}
	return false
}

func (p *parser) column(at int) int { return utf8.RuneCountInString(p.expr[:at]) + 1 }

func (p *parser) fail(at int, format string, args ...any) error {
	return &SyntaxError{Expr: p.expr, Column: p.column(at), Text: fmt.Errorf(format, args...).Error()}
}
