package catalogue

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"weir/loadgen/spelling"
)

// Mistakes in a file, told by their place.

// inFile puts a decoder's complaint into one line: where it is, and what an unknown key was meant to be. The
// decoder does not say where a text is that its type cannot read, like a duration with a unit that there is
// not: that is looked for in the tree, which is nil where there is none yet.
func inFile(err error, tree *ast.MappingNode) error {
	if unknown, ok := errors.AsType[*yaml.UnknownFieldError](err); ok {
		key, at := unknown.Token.Value, unknown.Token.Position
		return fmt.Errorf("%d:%d: unknown key %q; did you mean %q?", at.Line, at.Column, key,
			spelling.Nearest(key, keys()))
	}
	if wrong, ok := errors.AsType[*yaml.TypeError](err); ok {
		at := wrong.Token.Position
		return fmt.Errorf("%d:%d: %q is %s", at.Line, at.Column, wrong.Token.Value, mistaken(wrong.DstType))
	}
	if wrong := yaml.Error(nil); errors.As(err, &wrong) && wrong.GetToken() != nil {
		at := wrong.GetToken().Position
		return fmt.Errorf("%d:%d: %s", at.Line, at.Column, strings.TrimSpace(wrong.GetMessage()))
	}
	if tree == nil {
		return err
	}
	n, t := unreadable(tree, reflect.TypeFor[Scenario]())
	switch {
	case n == nil:
		return err
	case t == reflect.TypeFor[time.Duration]():
		err = fmt.Errorf("%q is %s", textOf(n), mistaken(t))
	}
	at := n.GetToken().Position
	return fmt.Errorf("%d:%d: %w", at.Line, at.Column, err)
}

// unreadable is the first text in the tree, of which a t is to be made, that cannot be read, and what it has
// to be; nil where all can.
func unreadable(n ast.Node, t reflect.Type) (bad ast.Node, is reflect.Type) {
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			if of := under(t, keyOf(v)); of != nil && bad == nil {
				bad, is = unreadable(v.Value, of)
			}
		}
	case *ast.SequenceNode:
		for _, v := range n.Values {
			if t.Kind() == reflect.Slice && bad == nil {
				bad, is = unreadable(v, t.Elem())
			}
		}
	case ast.ScalarNode:
		if err := yaml.NodeToValue(n, reflect.New(t).Interface()); err != nil {
			return n, t
		}
	}
	return bad, is
}

// under is the type of what a table has under a key, t being the table's; nil where it cannot have any.
func under(t reflect.Type, key string) reflect.Type {
	switch t.Kind() {
	case reflect.Map:
		return t.Elem()
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			if f.Tag.Get("yaml") == key {
				return f.Type
			}
		}
	}
	return nil
}

// mistaken says in words what a value is not that has to be of a type.
func mistaken(t reflect.Type) string {
	if t == reflect.TypeFor[time.Duration]() {
		return "no duration: write it with its unit, like 200ms or 3s"
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64, reflect.Uint16, reflect.Int32,
		reflect.Uint32:
		return "not a whole number"
	case reflect.Float64:
		return "not a number"
	case reflect.Bool:
		return "neither true nor false"
	case reflect.Slice:
		return "not a list, like [direct, proxy]"
	case reflect.Map, reflect.Struct:
		return "not a table of keys and values"
	}
	return "not a text"
}

// keys are all that a scenario may have, at any depth.
func keys() []string {
	list := []string{"variants", "quick", "flip", "gives"}
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		for t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return
		}
		for i := range t.NumField() {
			if tag := t.Field(i).Tag.Get("yaml"); tag != "" && tag != "-" {
				if !slices.Contains(list, tag) {
					list = append(list, tag)
				}
				walk(t.Field(i).Type)
			}
		}
	}
	walk(reflect.TypeFor[Scenario]())
	return list
}
