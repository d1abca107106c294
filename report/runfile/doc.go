// Package runfile is the recorded run: an append-only file of JSON lines, header first, footer with
// counts last. Everything weir shows can be computed from it alone, on another machine. It holds what
// was observed and no conclusions.
//
// Each line is one object: a "kind" ("header", "trial", "bin" …) and the fields of that kind's struct in
// this package. Times are nanoseconds from the header's epoch. A line reaches the file in one write, so
// a process that is killed leaves at most one torn line, the last, and the reader drops it with a
// warning. Within a version, kinds and fields are only ever added; a reader skips the kinds that it
// does not know.
//
// It is not a log and not for queries: it is written once and read from beginning to end.
package runfile
