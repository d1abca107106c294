package unit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds one hostile string where people read it; report.json keeps it whole.
const maxText = 2000

// Clean makes a string safe to show in a line of text: no control characters (ANSI escapes among them), no
// invisible format characters (a right-to-left override can turn a file name around), no line or paragraph
// separators, valid UTF-8, bounded. White space becomes a blank, so that words stay apart.
func Clean(s string) string {
	if len(s) > maxText {
		cut := maxText
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
