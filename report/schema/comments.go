package schema

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// comments are those of a folder's struct types, by "Type", and of their fields, by "Type.Field".
func comments(dir string) (map[string]string, error) {
	docs := map[string]string{}
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
			if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.TYPE {
				ofTypes(gen, docs)
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

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
