package doc

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"

	"weir/report/unit"
)

//go:embed page.html.tmpl page.css
var assets embed.FS

// pages escapes by context; only our own files enter it unescaped.
var pages = template.Must(template.New("page").Funcs(template.FuncMap{
	"kind": Block.kind, "clean": unit.Clean, "rest": rest, "classes": classes,
}).ParseFS(assets, "page.html.tmpl"))

// rest is how many columns cell i takes: the last of a short row takes what is left.
func rest(t Table, r Row, i int) int {
	if i < len(r.Cells)-1 {
		return 1
	}
	return max(1, len(t.Columns)-i)
}

// classes of a cell for the style sheet.
func classes(t Table, c Cell, i int) string {
	var list []string
	if t.Columns[min(i, len(t.Columns)-1)].Number {
		list = append(list, "n")
	}
	if c.Tone != Neutral {
		list = append(list, string(c.Tone))
	}
	if n := len(c.Text); n > 1 && c.Text[n-1].Kind == Aside {
		list = append(list, "est") // an estimate with its interval
	}
	return strings.Join(list, " ")
}

// PageOptions are what a page has beside its document.
type PageOptions struct {
	Window  string   // title of the window
	Class   string   // of the page, for the style sheet
	Foot    string   // at the end
	Style   string   // rules that only this page needs
	Scripts []Script // a page without any runs none
}

// Script is a script of the page's own, or data for one.
type Script struct {
	ID, Type string // "" as type: it runs
	Content  []byte
}

// WriteHTML writes one self-contained page. It loads nothing from anywhere; a content security policy admits
// exactly the style sheet and the scripts that are in it, by hash, so that markup from a server or a log
// could not run even if it got past the escaping.
func WriteHTML(w io.Writer, d Document, opt PageOptions) error {
	css := append(Style(), opt.Style...)
	policy := "default-src 'none'; style-src " + hash(css) +
		"; img-src data:; base-uri 'none'; form-action 'none'"
	var scripts strings.Builder
	for i, s := range opt.Scripts {
		if i == 0 {
			policy += "; script-src"
		}
		policy += " " + hash(s.Content)
		scripts.WriteString("<script")
		if s.Type != "" {
			scripts.WriteString(` type="` + s.Type + `" id="` + s.ID + `"`)
		}
		scripts.WriteString(">")
		scripts.Write(s.Content)
		scripts.WriteString("</script>\n")
	}
	var page bytes.Buffer // a template error must not leave half a page
	if err := pages.ExecuteTemplate(&page, "document", struct {
		Document
		PageOptions
		CSP     string
		CSS     template.CSS
		Scripts template.HTML
	}{d, opt, policy, template.CSS(css), template.HTML(scripts.String())}); err != nil {
		return err
	}
	_, err := page.WriteTo(w)
	return err
}

// hash is a CSP source expression for an inline element with exactly this content (CSP 3, section 2.3.1).
func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Style is the style sheet that every page begins with.
func Style() []byte {
	css, err := assets.ReadFile("page.css")
	if err != nil {
		panic(err) // the build fails without it
	}
	return css
}
