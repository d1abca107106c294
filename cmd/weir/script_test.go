package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// startBackend is the script command `backend NAME FLAGS…`: it starts the embedded backend on a free port of
// loopback and puts its address into the variable NAME. It ends with the script.
func startBackend(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: backend NAME [FLAGS]")
	}
	exe, err := exec.LookPath("weir")
	ts.Check(err)
	cmd := exec.Command(exe, append([]string{"backend", "--listen", "127.0.0.1:0"}, args[1:]...)...)
	stdin, err := cmd.StdinPipe()
	ts.Check(err)
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	lines := bufio.NewReader(stdout)
	first, err := lines.ReadString('\n')
	ts.Check(err)
	_, after, found := strings.Cut(first, `"address":"`)
	address, _, _ := strings.Cut(after, `"`)
	if !found {
		ts.Fatalf("the backend said %q", first)
	}
	ts.Setenv(args[0], address)
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	ts.Defer(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
}

// checkStatus is the script command `status CODE[|CODE] COMMAND…`: it runs a command and wants that exit
// status. A run on a busy machine may be INVALID, which is right, and no fault of what the script looks at:
// 0|12. What it printed is then in the files out and err of the working directory.
func checkStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE[|CODE] COMMAND…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	ts.Check(os.WriteFile(ts.MkAbs("out"), []byte(ts.ReadFile("stdout")), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err"), []byte(ts.ReadFile("stderr")), 0o600))
	if !slices.Contains(strings.Split(args[0], "|"), strconv.Itoa(got)) {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// follows is the script command `follows SCHEMA JSON`: the second file is valid by the JSON Schema in the
// first.
func follows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: follows SCHEMA JSON")
	}
	c := jsonschema.NewCompiler()
	for i, name := range args {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(name)))
		ts.Check(err)
		if i == 0 {
			ts.Check(c.AddResource("schema.json", doc))
			continue
		}
		schema, err := c.Compile("schema.json")
		ts.Check(err)
		ts.Check(schema.Validate(doc))
	}
}

// condition answers the scripts' [installed:PROGRAM].
func condition(cond string) (bool, error) {
	program, ok := strings.CutPrefix(cond, "installed:")
	if !ok {
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	for _, dir := range []string{"", "/usr/sbin/"} {
		if _, err := exec.LookPath(dir + program); err == nil {
			return true, nil
		}
	}
	if os.Getenv("CI") != "" {
		return false, fmt.Errorf("%s is not installed, and here nothing may be skipped; `make deps` installs it", program)
	}
	return false, nil
}
