package gate

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	yamltree "github.com/goccy/go-yaml/parser"
)

// file is an assertion file:
//
//	assertions:
//	  - name: the proxy costs no capacity
//	    assert: proxy.onset.rate / direct.onset.rate >= 0.95
//	  - assert: bad.rate < 0.5%
type file struct {
	Assertions []entry `yaml:"assertions"`
}

type entry struct {
	Name   string `yaml:"name"`
	Assert string `yaml:"assert"`
}

// keys are all that such a file may have.
var keys = []string{"assertions", "name", "assert"}

// maxFile bounds an assertion file, which may come from anywhere.
const maxFile = 1 << 20

// ParseFile reads the text of an assertion file. Every error has the file's name, line and column.
func ParseFile(name string, text []byte) ([]Assertion, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes: not an assertion file", name, maxFile)
	}
	var f file
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
		return nil, inFile(name, err)
	}
	if len(f.Assertions) == 0 {
		return nil, fmt.Errorf("%s:1:1: no assertions: write them as a list below the key assertions", name)
	}
	var list []Assertion
	for i, e := range f.Assertions {
		a, err := Parse(e.Assert)
		if err != nil {
			return nil, fmt.Errorf("%s:%s: %w", name, place(text, i), err)
		}
		a.Name = e.Name
		list = append(list, a)
	}
	return list, nil
}

// inFile says where a mistake in the YAML is, and what an unknown key was meant to be.
func inFile(name string, err error) error {
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) {
		key, at := unknown.Token.Value, unknown.Token.Position
		meant := fmt.Sprintf("; there are %s", strings.Join(keys, ", "))
		if near := nearest(key, keys); len(near) > 0 {
			meant = fmt.Sprintf("; did you mean %q?", near[0])
		}
		return fmt.Errorf("%s:%d:%d: unknown key %q%s", name, at.Line, at.Column, key, meant)
	}
	var wrong yaml.Error
	if errors.As(err, &wrong) && wrong.GetToken() != nil {
		at := wrong.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", name, at.Line, at.Column, wrong.GetMessage())
	}
	return fmt.Errorf("%s: %w", name, err)
}

// place is line:column of the i-th assertion, or of the list's entry where it has none.
func place(text []byte, i int) string {
	tree, err := yamltree.ParseBytes(text, 0)
	if err != nil {
		return "1:1"
	}
	for _, of := range []string{"$.assertions[%d].assert", "$.assertions[%d]"} {
		path, err := yaml.PathString(fmt.Sprintf(of, i))
		if err != nil {
			continue
		}
		if node, err := path.FilterFile(tree); err == nil && node != nil {
			at := node.GetToken().Position
			return fmt.Sprintf("%d:%d", at.Line, at.Column)
		}
	}
	return "1:1"
}
