package main

import (
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed are the arrows between our packages; everything that is not named is forbidden. Data flows one way:
// the load generator and the probe know nothing of each other, scenarios writes the record of a run and knows
// no more of report, and only the command joins them. What begins with ! is forbidden although its folder is
// not.
var allowed = map[string][]string{
	"loadgen":  {"loadgen/"},
	"loadgen/": {"loadgen", "loadgen/"},
	// tests, though not by their name
	"loadgen/conformance":   {"loadgen", "loadgen/", "scenarios/lab/labtest"},
	"probe":                 {"probe/"},
	"probe/":                {"probe", "probe/"},
	"scenarios":             {"scenarios/", "loadgen", "loadgen/", "probe", "probe/", "report/runfile"},
	"scenarios/":            {"scenarios/", "loadgen", "loadgen/", "probe", "probe/"},
	"scenarios/lab/labtest": {}, // so that the tests of all may import it
	"report":                {"report/", "!report/world", "loadgen", "probe/nginxlog"},
	"report/runfile": {"loadgen", "loadgen/count", "loadgen/plan", "loadgen/self", "loadgen/search",
		"probe", "probe/nginxlog", "probe/nginxstatus"},
	"report/unit":  {},
	"report/doc":   {"report/unit"},
	"report/words": {"report/result", "report/unit"},
	// the types that everybody of report hands on
	"report/result": {"report/unit", "report/runfile", "loadgen", "loadgen/plan"},
	"report/analysis": {"report/result", "report/unit", "report/runfile", "report/capacity",
		"report/analysis/cause", "report/analysis/estimate", "loadgen", "loadgen/belief", "loadgen/plan",
		"loadgen/search", "probe", "probe/nginxlog", "probe/nginxstatus"},
	// pure: facts in, findings out
	"report/analysis/cause":    {"report/result", "report/runfile", "loadgen", "probe/nginxlog"},
	"report/analysis/estimate": {},
	"report/analysis/gate": {"report/result", "report/unit", "report/analysis", "report/analysis/compare",
		"report/analysis/estimate", "report/runfile", "loadgen", "loadgen/count", "loadgen/plan",
		"loadgen/spelling", "probe", "probe/nginxlog"},
	"report/schema":   {},
	"report/capacity": {}, // anyone may import it, so it drags nothing along
	"cmd/gatebench": {"report/world", "report/runfile", "report/result", "report/analysis",
		"report/analysis/estimate", "report/analysis/gate"},
	// for tests and cmd/gatebench only
	"report/world": {"report/runfile", "report/capacity", "loadgen", "loadgen/count",
		"loadgen/plan", "loadgen/search", "probe", "probe/nginxlog", "probe/nginxstatus"},
	"report/analysis/compare": {"report/result", "report/unit", "report/analysis", "report/analysis/estimate",
		"report/runfile", "loadgen"},
	// a benchmark of the whole: it records as a run does
	"cmd/peers": {"loadgen", "loadgen/", "scenarios/lab", "scenarios/nginx", "report/runfile"},
	"cmd/weir": {"loadgen", "loadgen/", "probe", "probe/", "scenarios", "scenarios/", "report", "report/",
		"!report/world"},
}

func TestImportsRunOneWay(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, top := range []string{"cmd", "loadgen", "probe", "scenarios", "report"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(name string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			rel, err := filepath.Rel(root, filepath.Dir(name))
			if err != nil {
				return err
			}
			files++
			checkImports(t, name, filepath.ToSlash(rel))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 50 {
		t.Fatalf("only %d Go files were checked: the test looks in the wrong place", files)
	}
}

func checkImports(t *testing.T, name, pkg string) {
	t.Helper()
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(gotoken.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	rules, ok := allowed[pkg]
	if !ok {
		rules, ok = allowed[topOf(pkg)+"/"]
	}
	if !ok {
		t.Errorf("package %s has no import rule: add one to this test", pkg)
	}
	for _, spec := range file.Imports {
		full, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		imported, ours := strings.CutPrefix(full, "weir/")
		if ours && !permits(rules, imported) {
			t.Errorf("%s (package %s) imports %s, which the design forbids", path.Base(name), pkg, imported)
		}
	}
}

func permits(rules []string, imported string) bool {
	if slices.Contains(rules, "!"+imported) {
		return false
	}
	for _, r := range rules {
		if imported == r || strings.HasSuffix(r, "/") && strings.HasPrefix(imported, r) {
			return true
		}
	}
	return false
}

func topOf(pkg string) string { top, _, _ := strings.Cut(pkg, "/"); return top }
