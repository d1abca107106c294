package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBuildsElsewhere: all packages and their tests are sound for macOS and Windows. Their types are checked,
// with those of everything they import, and no code is made: compiling all of it twice more would take longer
// than most tests.
func TestBuildsElsewhere(t *testing.T) {
	for _, system := range []string{"darwin", "windows"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			found := typeCheck(t, system)
			if found < 60 {
				t.Errorf("only %d of our packages were checked", found)
			}
		})
	}
}

// listed is a package as `go list` describes it: "p", or "p [p.test]" with the tests that are in it.
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	ImportMap       map[string]string
	Module          *struct{ Path string }
}

// imported are the packages that have been checked, by ImportPath, as one package sees them.
type imported struct {
	all map[string]*types.Package
	as  map[string]string
}

func (i imported) Import(path string) (*types.Package, error) {
	if as, ok := i.as[path]; ok {
		path = as
	}
	if p, ok := i.all[path]; ok {
		return p, nil
	}
	return nil, errors.New("not listed before: " + path)
}

// typeCheck checks all packages of a system, and returns how many of them are ours. The functions of the
// others are taken to be right.
func typeCheck(t *testing.T, system string) (ours int) {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-test", "-json=ImportPath,Dir,GoFiles,ImportMap,Module",
		"weir/...")
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*types.Package{"unsafe": types.Unsafe}
	files := gotoken.NewFileSet()
	for dec := json.NewDecoder(out); ; { // each comes after what it imports
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		// this is the program that runs tests
		if p.ImportPath == "unsafe" || strings.HasSuffix(p.ImportPath, ".test") {
			continue
		}
		mine := p.Module != nil && p.Module.Path == "weir"
		if mine {
			ours++
		}
		conf := types.Config{
			Importer: imported{all, p.ImportMap}, IgnoreFuncBodies: !mine,
			Sizes: types.SizesFor("gc", "amd64"),
			Error: func(err error) {
				if mine {
					t.Error(err)
				}
			},
		}
		path, _, _ := strings.Cut(p.ImportPath, " ")
		all[p.ImportPath], _ = conf.Check(path, files, parsed(t, files, p), nil)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return ours
}

func parsed(t *testing.T, files *gotoken.FileSet, p listed) (parsed []*ast.File) {
	t.Helper()
	for _, name := range p.GoFiles {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Dir, name)
		}
		f, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	return parsed
}
