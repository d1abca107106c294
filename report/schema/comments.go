package schema

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// source is what the source of a package says of its types.
type source struct {
	comments map[string]string  // of struct types, by "Type", and of their fields, by "Type.Field"
	values   map[string][]Value // constants with their comments, by the name of their type, in order
}

func comments(dir string) (source, error) {
	docs := source{comments: map[string]string{}, values: map[string][]Value{}}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return docs, err
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return docs, err
		}
		for _, decl := range file.Decls {
			switch gen, ok := decl.(*ast.GenDecl); {
			case ok && gen.Tok == token.TYPE:
				ofTypes(gen, docs.comments)
			case ok && gen.Tok == token.CONST:
				ofConstants(gen, docs.values)
			}
		}
	}
	return docs, nil
}

func ofTypes(gen *ast.GenDecl, into map[string]string) {
	for _, spec := range gen.Specs {
		ts := spec.(*ast.TypeSpec)
		into[ts.Name.Name] = oneLine(gen.Doc.Text() + ts.Doc.Text())
		st, ok := ts.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range st.Fields.List {
			for _, id := range f.Names {
				into[ts.Name.Name+"."+id.Name] = oneLine(f.Doc.Text() + " " + f.Comment.Text())
			}
		}
	}
}

func ofConstants(gen *ast.GenDecl, into map[string][]Value) {
	for _, spec := range gen.Specs {
		vs := spec.(*ast.ValueSpec)
		typ, named := vs.Type.(*ast.Ident)
		if !named || len(vs.Values) != 1 {
			continue
		}
		if lit, ok := vs.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if name, _ := strconv.Unquote(lit.Value); name != "" { // it is Go source
				into[typ.Name] = append(into[typ.Name], Value{name, oneLine(vs.Comment.Text())})
			}
		}
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
