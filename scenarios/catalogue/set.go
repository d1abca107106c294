package catalogue

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"weir/loadgen/spelling"
)

// setting turns PATH=VALUE into the tree that says so: backend.service_time=200ms, service_time=200ms where
// only one section has such a key, sysctls.backend.net.core.somaxconn=128. A value is YAML.
func setting(text string) (*ast.MappingNode, error) {
	path, value, ok := strings.Cut(text, "=")
	if !ok {
		return nil, fmt.Errorf("--set %s: write PATH=VALUE, like --set service_time=200ms", text)
	}
	steps, err := resolve(strings.Split(strings.TrimSpace(path), "."))
	if err != nil {
		return nil, fmt.Errorf("--set %s: %w", text, err)
	}
	var b strings.Builder
	for i, step := range steps {
		key, err := yaml.Marshal(step)
		if err != nil {
			return nil, fmt.Errorf("--set %s: %w", text, err)
		}
		b.WriteString(strings.Repeat(" ", i) + strings.TrimSpace(string(key)) + ":\n")
	}
	tree, err := parseTree([]byte(strings.TrimSuffix(b.String(), "\n") + " " + value + "\n"))
	if err != nil {
		return nil, fmt.Errorf("--set %s: the value is no YAML on one line", text)
	}
	return tree, nil
}

// resolve makes a path whole: from the top of a scenario, and with a key that has dots in it as one step.
func resolve(path []string) ([]string, error) {
	scenario := reflect.TypeFor[Scenario]()
	if _, ok := field(scenario, path[0]); ok {
		return descend(scenario, path)
	}
	var sections []string
	for _, name := range []string{"backend", "nginx", "load"} {
		t, _ := field(scenario, name)
		if _, ok := field(t, path[0]); ok {
			sections = append(sections, name)
		}
	}
	switch len(sections) {
	case 1:
		return descend(scenario, append(sections, path...))
	case 0:
		return nil, fmt.Errorf("there is no key %q; did you mean %q?", path[0],
			spelling.Nearest(path[0], keys()))
	}
	return nil, fmt.Errorf("%q is a key of %s: write %s.%s or %[5]s.%[4]s", path[0],
		strings.Join(sections, " and "), sections[0], path[0], sections[1])
}

// descend follows a path down the types of a scenario.
func descend(t reflect.Type, path []string) ([]string, error) {
	var steps []string
	for len(path) > 0 {
		switch {
		case t.Kind() == reflect.Struct:
			next, ok := field(t, path[0])
			if !ok {
				return nil, fmt.Errorf("there is no key %q; did you mean %q?", path[0],
					spelling.Nearest(path[0], fields(t)))
			}
			t = next
		case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.String:
			return append(steps, strings.Join(path, ".")), nil
		case t.Kind() == reflect.Map:
			t = t.Elem()
		default:
			return nil, fmt.Errorf("%s has no keys below it", strings.Join(steps, "."))
		}
		steps, path = append(steps, path[0]), path[1:]
	}
	return steps, nil
}

func field(t reflect.Type, name string) (reflect.Type, bool) {
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("yaml"); tag == name && tag != "-" {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

func fields(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("yaml"); tag != "" && tag != "-" {
			names = append(names, tag)
		}
	}
	slices.Sort(names)
	return names
}
