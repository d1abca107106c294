// Command gatebench measures how honest the gate is: how often it fails a server against itself, how often it
// cannot tell, how often it finds a server that has lost one worker of ten, and how long each decision takes.
//
// A decision is what a user does: two recorded runs of `weir run` at the embedded backend on loopback, the
// second held against the first by one assertion. Both kinds are made in turn, so that a drift of the machine
// meets both.
//
// The design: what ten workers do when they are offered half as much again (plateau.rate) is counted, not
// timed, and so known to a per cent after a few seconds; an onset takes trials on both sides of it and its
// interval is twice as wide. The limit of .95 lies half-way between what is looked for and what is not. A run
// that comes out INVALID decides nothing and counts as one that cannot tell: a gate that has no answer is of
// no use, whoever's fault that is.
//
// With --simulate the same decisions are made on records of the project's simulator, at several strengths of
// noise: the power that the design has, before a machine is asked.
package main
