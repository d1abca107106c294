package words

// claims: what became of the claims of scenarios, and what the one page of a matter says of each run.
var claims = Sentences{
	"claims.title":   "The claims, tested on this machine",
	"claims.flipped": "[{page}, with its][{whole}The claims, each with its] key setting reversed",
	"claims.made": "{command} (seed {seed}, engine {engine})[{flipped}: FLIPPED. Another verdict must come" +
		" out. No verdict here is about what the article says]",
	"claims.by":    "Made by {made}",
	"claims.claim": "Claim: {claim}",

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

	"claim.no_verdicts": "The scenario has no verdicts.",
	"claim.undecided":   "The runs do not support \"{verdict}\": {against}.",
	"claim.disturbed":   "[{variant}: ]The experiment did not run as planned. {why}",
	"claim.no_run":      "there is no run \"{run}\"",
	"claim.invalid":     "[{run}: ]{why}",
	"claim.no_time":     "No time was left for {run}: run it alone, or raise --budget.",
	"claim.interrupted": "The runs were interrupted before the end of {run}.",
	"claim.measured":    "[{run}: ]{expr}[ ({lane})] → {measured}",
	"claim.not_passed":  "{measured} ({result})",
	"claim.again":       "repeated, because it was INVALID: {run}",
}
