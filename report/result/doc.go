// Package result has the types of report.json: what a run showed, in the form in which it is published and
// handed from the analysis to the gate, the comparison and the documents. It has no logic but what follows
// from one value alone, so that everybody may import it and nothing is dragged along.
package result
