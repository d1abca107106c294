// Package estimate is the statistics of a load test: pure functions of plain numbers, without a
// record, a clock or a package of weir's.
//
// Its opinion: the independent unit is the trial, never the request, for requests of one trial share
// a queue; an estimate comes with an interval or with the reason for having none; and what a sample
// is too small to say is refused, not guessed. Intervals are nominal 95 % throughout. It is not a
// general statistics library, and no p-values are to be had.
package estimate
