// Package runfile is the recorded run: an append-only file of JSON lines, header first, footer with
// counts last. Everything weir shows can be computed from it alone, on another machine. It holds what
// was observed and no conclusions.
package runfile
