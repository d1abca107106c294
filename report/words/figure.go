package words

// drawings: what the figures of a page show, in words.
var drawings = Sentences{
	"figure.dose": "Goodput and failures against offered rate, lane {lane}, {trials|count trial}. The" +
		" table of trials below holds the same values.",
	"figure.dose.note": "Each point is one trial at a constant rate. Below capacity every request is" +
		" served. Above it goodput stays at what the workers can serve (the plateau) and what a trial's" +
		" queue absorbed. The rest fails.",

	"figure.time": "Timeline of lane {lane}: offered rate and goodput, Recv-Q, overflows, and failures." +
		" The table below holds the same values. Arrow keys move a cursor from bin to bin.",
	"figure.time.note": "All panels share one clock: the moment when requests were due. The time between" +
		" trials is cut out. The number at the top of each stretch is its offered rate in req/s. The same" +
		" place in two lanes is the same moment of the same schedule.",

	"figure.heat": "Heat map of latencies over time, lane {lane}. {spread} The table below holds the same" +
		" values.",
	"figure.heat.note": "Every request that was sent, on the axis of the figure above, by its latency from" +
		" the moment it was due. The stronger the colour of a cell, the more requests are in it. Guides" +
		" mark where latencies gather if the model is right.",

	"figure.tail":      "Latency by percentile, for each lane. {lanes} The table below holds the same values.",
	"figure.tail.lane": "{lane}: {tail}.",
	"figure.tail.note": "One request in so many took longer than this, of all trials together. The shade" +
		" is the 95 % interval by the order of the values. It takes requests for independent; those that" +
		" waited in one queue are not. A line ends where its sample is too small to bound it.",

	"figure.both": "Overflows against failures in each trial, lane {lane}. {rule}. The table of trials" +
		" below has the overflows, this figure's table has both.",
	"figure.both.note": "Each point is a trial: failures of the kinds that a full queue produces, and what" +
		" the kernel counted as overflows. If overflow explains every failure, points lie between the" +
		" lines, where these are known.[ {retrial}In retrial mode a retransmitted SYN overflows again, and" +
		" its request may succeed late: there are more overflows than failures.] A run has one capacity." +
		" Several runs show how the onset moves with capacity (dose-response).",

	"figure.no_dose":            "No trial at a constant rate was recorded.",
	"figure.no_time":            "No bin was recorded.",
	"figure.no_heat":            "No request was sent.",
	"figure.no_both":            "Nothing overflowed, and nothing failed that an overflow could explain.",
	"figure.no_both_unmeasured": "Overflows were not measured around any complete trial.",
	"figure.no_tail":            "Too few requests succeeded for a curve.",

	"key.interval":  "goodput, with 95 % interval",
	"key.goodput":   "goodput",
	"key.offered":   "offered",
	"key.queue":     "Recv-Q",
	"key.overflows": "overflows, measured",
	"key.replay":    "overflows, replayed by the simulator",
	"key.capacity":  "W/S: workers ÷ service time",
	"key.onset":     "onset, with 95 % interval",
	"key.bracket":   "onset: between two rates, which is no 95 % interval",
	"key.hollow":    "hollow: trial cut short, or not drained",
	"key.heat":      "succeeded: 1 … most in a cell",
	"key.failed":    "failed, by when that was known",
	"key.guide":     "guide",
}
