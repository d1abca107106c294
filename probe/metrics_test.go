package probe

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestMetricsAreWhole: no name stands twice in the table, and each row says what people need to know.
func TestMetricsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Metrics {
		stem := strings.TrimSuffix(m.Name, "*")
		if seen[m.Name] || !IsName(stem) {
			t.Errorf("%q stands twice, or is no name", m.Name)
		}
		seen[m.Name] = true
		if m.Kind != Counter && m.Kind != Gauge || m.Scope == "" || shows[m.Source] == "" &&
			m.Source != "slow" {
			t.Errorf("%s: %+v", m.Name, m)
		}
		if !regexp.MustCompile(`^[A-Z(].*\.$`).MatchString(m.Help) || m.Kind == Gauge && m.Weight != Traffic {
			t.Errorf("%s: %q, weight %d", m.Name, m.Help, m.Weight)
		}
		for end, unit := range map[string]Unit{"_ns": Nanoseconds, "_us": Microseconds} {
			if strings.HasSuffix(m.Name, end) != (m.Unit == unit) {
				t.Errorf("%s is in %q", m.Name, m.Unit)
			}
		}
	}
	for name, want := range map[string]string{
		"TcpExtListenOverflows": "TcpExtListenOverflows", "TcpExtListen": "", "": "",
		"trace.accept.wait_ns": "trace.accept.wait_ns", "trace.accept.wait.80": "trace.accept.wait.*",
		"trace.accept.wait":                   "",
		"trace.rst.sent.listener.INVALID_SYN": "trace.rst.sent.*",
	} {
		if m, known := MetricOf(name); m.Name != want || known != (want != "") {
			t.Errorf("%s: %q", name, m.Name)
		}
	}
}

// describe fails for what a sample has and the table has not, or not so.
func describe(t *testing.T, s Sample) {
	t.Helper()
	for kind, values := range map[Kind]map[string]uint64{Counter: s.Counters, Gauge: s.Gauges} {
		for name := range values {
			if m, known := MetricOf(name); !known || m.Kind != kind {
				t.Errorf("the %s %s is read, and the table says %+v", kind, name, m)
			}
		}
	}
}

// TestEveryValueIsInTheTable looks through the package for what its sources put into a sample, also where
// they cannot be read here: a counter or gauge without a row in the table is shown without its meaning.
func TestEveryValueIsInTheTable(t *testing.T) {
	files := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := &ast.BlockStmt{}
	for _, name := range names {
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && !strings.HasSuffix(name, "_test.go") && f.Body != nil {
				all.List = append(all.List, f.Body)
			} else if d, ok := d.(*ast.GenDecl); ok {
				all.List = append(all.List, &ast.DeclStmt{Decl: d})
			}
		}
	}
	constants, found := map[string]string{}, 0
	inspect(all, func(n *ast.ValueSpec) {
		for i, name := range n.Names {
			if i < len(n.Values) {
				constants[name.Name] = text(n.Values[i], nil)
			}
		}
	})
	inspect(all, func(n *ast.AssignStmt) {
		for _, left := range n.Lhs {
			index, ok := left.(*ast.IndexExpr)
			if !ok {
				continue
			}
			field, ok := index.X.(*ast.SelectorExpr)
			name := text(index.Index, constants)
			if ok && name != "" && (field.Sel.Name == "Counters" || field.Sel.Name == "Gauges") {
				found++
				m, known := MetricOf(name)
				if !known || (m.Kind == Counter) != (field.Sel.Name == "Counters") {
					t.Errorf("%v: %s[%q], and the table says %+v", files.Position(n.Pos()), field.Sel.Name,
						name, m)
				}
			}
		}
	})
	if found < 25 {
		t.Errorf("only %d values were found", found)
	}
}

// inspect calls do for every node of its kind.
func inspect[N ast.Node](root ast.Node, do func(N)) {
	ast.Inspect(root, func(n ast.Node) bool {
		if one, ok := n.(N); ok {
			do(one)
		}
		return true
	})
}

// text is the value of a string, of a constant, or of how a sum begins; "" where that is not seen.
func text(e ast.Expr, constants map[string]string) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s
	case *ast.Ident:
		return constants[e.Name]
	case *ast.BinaryExpr:
		if begin := text(e.X, constants); begin != "" {
			return begin + "1"
		}
	}
	return ""
}
