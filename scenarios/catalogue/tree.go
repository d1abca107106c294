package catalogue

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// A scenario is put together as a tree of YAML before it is decoded, so that a variant may override any key,
// and a mistake is still told with its line and column in the file.

// parseTree reads one YAML document that is a mapping.
func parseTree(text []byte) (*ast.MappingNode, error) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, errors.New("1:1: the file is empty")
	}
	m, ok := file.Docs[0].Body.(*ast.MappingNode)
	if !ok {
		return nil, errors.New("1:1: a scenario is a mapping of keys, like name: …")
	}
	return m, nil
}

// find returns a key's value, nil where there is none.
func find(m *ast.MappingNode, key string) ast.Node {
	for _, v := range m.Values {
		if keyOf(v) == key {
			return v.Value
		}
	}
	return nil
}

func keyOf(v *ast.MappingValueNode) string { return v.Key.GetToken().Value }

// textOf is a scalar as it was written; "" of everything else.
func textOf(n ast.Node) string {
	if s, ok := n.(ast.ScalarNode); ok {
		return fmt.Sprint(s.GetValue())
	}
	return ""
}

// without returns the mapping with none of the keys.
func without(m *ast.MappingNode, keys ...string) *ast.MappingNode {
	out := *m
	out.Values = slices.DeleteFunc(slices.Clone(m.Values), func(v *ast.MappingValueNode) bool {
		return slices.Contains(keys, keyOf(v))
	})
	return &out
}

// merged lays over upon base, mapping by mapping; everything else is replaced. Neither is changed.
func merged(base, over ast.Node) ast.Node {
	b, ok1 := base.(*ast.MappingNode)
	o, ok2 := over.(*ast.MappingNode)
	if !ok1 || !ok2 {
		return over
	}
	out := *b
	out.Values = slices.Clone(b.Values)
	for _, v := range o.Values {
		i := slices.IndexFunc(out.Values,
			func(have *ast.MappingValueNode) bool { return keyOf(have) == keyOf(v) })
		if i < 0 {
			out.Values = append(out.Values, v)
			continue
		}
		both := *v
		both.Value = merged(out.Values[i].Value, v.Value)
		out.Values[i] = &both
	}
	return &out
}

// inherit puts what one mapping says for all into each entry of another: backend into backends.
func inherit(m *ast.MappingNode, from, into string) *ast.MappingNode {
	base, each := find(m, from), find(m, into)
	entries, ok := each.(*ast.MappingNode)
	if base == nil || !ok {
		return m
	}
	whole := *entries
	whole.Values = nil
	for _, e := range entries.Values {
		both := *e
		if _, ok := e.Value.(*ast.NullNode); ok { // backends: {a:, b:}
			both.Value = base
		} else {
			both.Value = merged(base, e.Value)
		}
		whole.Values = append(whole.Values, &both)
	}
	out := *m
	out.Values = slices.Clone(m.Values)
	for i, v := range out.Values {
		if keyOf(v) == into {
			both := *v
			both.Value = &whole
			out.Values[i] = &both
		}
	}
	return &out
}

// place is line:column of the deepest node on a path of keys and indices that is there.
func place(m *ast.MappingNode, path ...string) string {
	var at ast.Node = m
	for _, key := range path {
		next := child(at, key)
		if next == nil {
			break
		}
		at = next
	}
	t := at.GetToken()
	if m, ok := at.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		t = m.Values[0].Key.GetToken() // its own is the first colon
	}
	if t != nil {
		return fmt.Sprintf("%d:%d", t.Position.Line, t.Position.Column)
	}
	return "1:1"
}

// child is what a mapping has under a key, or a sequence at an index; nil where there is none.
func child(of ast.Node, key string) ast.Node {
	switch of := of.(type) {
	case *ast.MappingNode:
		return find(of, key)
	case *ast.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(of.Values) {
			return of.Values[i]
		}
	}
	return nil
}
