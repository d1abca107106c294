package words

// sideBySide: what documents of several runs say around their tables.
var sideBySide = Sentences{
	"compare.arms": "{a} with {b}",
	"compare.arm":  "[{label}: ]{run}, lane {lane}, {at}",

	"proxy.adds":       "p50 {p50}[, p99 {p99}]",
	"proxy.adds_none":  "no latency found: p50 {p50}",
	"proxy.hides":      "failures: {points}",
	"proxy.hides_more": "no failures, it adds some: {points}",
	"proxy.hides_none": "no failures found: {points}",
	"proxy.costs":      "onset × {quotient}[: no loss found, {mdc|percent2} would show]",

	"plot.trial":      "{arm}, trial {trial}: {goodput|rate} of {rate|rate} offered",
	"plot.percentile": "{arm}: one request in {n|number} took longer than {time}",

	"dose.title":   "Dose-response: does the onset move with workers ÷ service time?",
	"dose.caption": "Each point is a run, with 95 % intervals, on logarithmic axes. On the dashed line failures begin at workers ÷ service time.",
	"dose.run":     "{run}: onset {onset} at a capacity of {capacity}, quotient {quotient|quotient}",

	"claims.title":   "The claims, tested on this machine",
	"claims.flipped": "[{page}, with its][{whole}The claims, each with its] key setting reversed",
	"claims.made":    "{command} (seed {seed}, engine {engine})[{flipped}: FLIPPED. Another verdict must come out. No verdict here is about what the article says]",
	"claims.by":      "Made by {made}",
	"claims.claim":   "Claim: {claim}",

	"page.queue":     "{depth} of {limit}",
	"page.overflows": "{queue}, {n|count overflow}",
	"page.health":    "before: {before}; during: {during}; after: {after}",
	"page.unchecked": "none made",
	"page.checks":    "{checks}[ (p50 {p50|seconds})]",
	"page.drained":   "queue empty {s} s after the load",
	"page.undrained": "queue not empty at the end of the observation",
	"page.mended":    "{s|seconds} after the change",
	"page.failing":   "failures to the end of the load after the change",
	"page.before":    "{capacity}, before the change",
	"page.good":      "{good} of {offered}",
	"page.cause":     "{run}: {cause}",
}
