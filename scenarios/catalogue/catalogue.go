// Package catalogue holds the scenarios: experiments written down as data, each with the claim that it puts
// to the test. A scenario says what is set up and offered, and by which assertions over what was measured the
// claim is judged; it never says what will come out.
package catalogue

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"weir/loadgen/spelling"
)

//go:embed *.yaml
var files embed.FS

// Names lists the embedded scenarios.
func Names() []string {
	entries, _ := files.ReadDir(".") // an embedded folder can always be read
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	sort.Strings(names)
	return names
}

// ErrUnknown is in the error of a name that is neither in the catalogue nor a file.
var ErrUnknown = errors.New("unknown scenario")

// maxFile bounds a scenario file, which may come from anywhere.
const maxFile = 1 << 20

// Source returns the text of a scenario: an embedded one by name, or a file by a path ending in .yaml or
// .yml.
func Source(name string) ([]byte, error) {
	if ext := path.Ext(name); ext == ".yaml" || ext == ".yml" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("scenario: %w", err)
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxFile))
		if err != nil {
			return nil, fmt.Errorf("scenario: %w", err)
		}
		return text, nil
	}
	text, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("%w %q; did you mean %q? There are: %s (or give a .yaml file)", ErrUnknown,
			name, spelling.Nearest(name, Names()), strings.Join(Names(), ", "))
	}
	return text, nil
}

// Options choose what is made of a scenario's file.
type Options struct {
	Quick bool // a short form: what the file has under quick, over everything else
	// the key setting turned round, as the file has it under flip: another verdict has to come out,
	// flip.gives
	Flip bool
	Set  []string // PATH=VALUE, over everything
}

// Open reads and checks a scenario: one for each of its variants, in the order of the file, or the scenario
// alone. Unknown keys and impossible values are errors with line and column.
func Open(name string, opt Options) ([]Scenario, error) {
	text, err := Source(name)
	if err != nil {
		return nil, err
	}
	all, err := open(text, opt)
	if err != nil {
		return nil, fmt.Errorf("scenario %s:%w", name, err)
	}
	return all, nil
}

func open(text []byte, opt Options) ([]Scenario, error) {
	tree, err := parseTree(text)
	if err != nil {
		return nil, inFile(err, nil)
	}
	variants := []*ast.MappingValueNode{nil}
	if node := find(tree, "variants"); node != nil {
		m, ok := node.(*ast.MappingNode)
		if !ok || len(m.Values) < 2 {
			return nil, fmt.Errorf("%s: variants is a mapping of two names or more, each with the keys that it overrides", place(tree, "variants"))
		}
		variants = m.Values
	}
	if opt.Flip && find(tree, "flip") == nil {
		return nil, errors.New("1:1: the file has no flip: the key setting, turned round")
	}
	var all []Scenario
	for _, v := range variants {
		s, err := one(tree, v, opt)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, all[0].checkVerdicts(tree, all)
}

// one decodes one variant: the file, then the variant, then the short form, the flip and what was set, each
// over what is before it.
func one(file *ast.MappingNode, variant *ast.MappingValueNode, opt Options) (s Scenario, err error) {
	var tree ast.Node = without(file, "variants", "quick", "flip")
	name := ""
	if variant != nil {
		name = keyOf(variant)
		if _, empty := variant.Value.(*ast.NullNode); !empty {
			tree = merged(tree, variant.Value)
		}
	}
	if over := find(file, "quick"); opt.Quick && over != nil {
		tree = merged(tree, over)
	}
	gives := ""
	if over := find(file, "flip"); opt.Flip && over != nil {
		if m, ok := over.(*ast.MappingNode); ok {
			gives, over = textOf(find(m, "gives")), without(m, "gives")
		}
		tree = merged(tree, over)
	}
	defer func() { s.Gives = gives }()
	// what the file itself says has to be right, and is told by its place
	if s, err = decode(tree, name); err != nil {
		return s, err
	}
	for _, text := range opt.Set {
		over, err := setting(text)
		if err != nil {
			return s, fmt.Errorf(" %w", err)
		}
		tree = merged(tree, over)
		if s, err = decode(tree, name); err != nil {
			_, why, _ := strings.Cut(err.Error(), ": ")
			return s, fmt.Errorf(" --set %s: %s", text, why)
		}
	}
	return s, nil
}

func decode(tree ast.Node, variant string) (Scenario, error) {
	m, ok := tree.(*ast.MappingNode)
	if !ok {
		return Scenario{}, errors.New("1:1: a variant is a mapping of the keys that it overrides")
	}
	m = inherit(inherit(m, "backend", "backends"), "nginx", "proxies")
	var s Scenario
	if err := yaml.NodeToValue(m, &s, yaml.Strict()); err != nil {
		return s, inFile(err, m)
	}
	s.Variant = variant
	s.complete()
	s.placeAssertions(m)
	if f := s.fault(); f != nil {
		return s, fmt.Errorf("%s: %s", place(m, f.path...), f.text)
	}
	return s, nil
}

// placeAssertions notes where each assertion stands: what is wrong with one only the gate can tell.
func (s *Scenario) placeAssertions(m *ast.MappingNode) {
	for i, v := range s.Verdicts {
		for j := range v.If {
			for k := range v.If[j].Assert {
				v.If[j].Places = append(v.If[j].Places,
					place(m, "verdicts", strconv.Itoa(i), "if", strconv.Itoa(j), "assert", strconv.Itoa(k)))
			}
		}
	}
}
