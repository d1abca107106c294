// Package gate holds an analysed run against assertions such as
//
//	proxy.bad.rate < 0.5% @95
//	onset.rate / baseline.onset.rate >= 0.95
//	direct.overflows == 0 over 10s abort
//
// and answers pass, fail or inconclusive.
//
// Its opinion: a gate that cries wolf is switched off, and one that waves everything through is worse, so
// that "cannot tell" is an answer of its own. An estimate passes only with its whole interval within the limit
// and fails only with all of it outside. What was not measured is not zero, and a run that cannot be believed
// passes nothing. What an assertion may name is fixed, so that a misspelt one is an error with its column and
// never an assertion that holds by accident.
//
// It computes from an analysis.Analysis alone, without a clock, a file or a terminal. While a run goes on Live says
// what has failed for certain; what is only likely is for weir/loadgen/stop. It is not a language: no arithmetic but
// a ratio, no "or".
package gate
