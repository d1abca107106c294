package runfile

import (
	"errors"
	"fmt"
)

// ErrNoHeader is in the chain of the error for a file whose first line is not a whole header: the run
// was cut before it began, or the file is something else.
var ErrNoHeader = errors.New("no header: this is not the record of a weir run, or one that was cut before it began")

// A SyntaxError is a line that cannot be a record. It is never the torn last line of a killed run.
type SyntaxError struct {
	File string
	Line int // from 1
	Err  error
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }
func (e *SyntaxError) Unwrap() error { return e.Err }

// A VersionError is a record in another version of the format.
type VersionError struct {
	File    string
	Schema  string // of the file
	Version string // of the weir that wrote it
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s: the record has format %.40q, written by weir %.40q, and this weir reads %q: read it with that weir",
		e.File, e.Schema, e.Version, Schema)
}
