// Package probe samples what the kernel knows about a listener while load is offered: its accept queue
// (Recv-Q), that queue's limit, its own drops, the counters of its network namespace, and why its
// processes may have been late to call accept(). It only reads. What a counter means for a request is
// the analysis' business.
//
// Sources are of three kinds. The listeners are looked at up to 200 times a second, for some 5 µs each time.
// The counters of the namespace, 100 µs together, are read in the same samples whenever a watched listener
// dropped something, and else 20 times a second: see countedSources. The slow ones walk tables whose size is
// not ours to choose; they are read at most twice a second, in a goroutine of their own, so that none of them
// can ever delay a fast one. What they found rides on the fast samples until it is renewed, with the gauges
// slow.at_us and slow.took_us saying when it was read and how long that took; it is absent once it is older
// than four intervals. (A sample of its own would lack the counters of the fast sources, and a reader that
// looks at two neighbouring samples would take that for their loss.)
//
// Metrics is the table of all counters and gauges: who reads each, what it is about, and what it means.
package probe
