package words

// formulas: why a computed number is what it is. W workers take S each, a backlog of B has C places, L is
// offered and μ the capacity.
var formulas = Sentences{
	"capacity.offered": "offered L = {rate|rate}",
	"capacity.wanted": "wanted {rate|rate}[ + {room|percent}], at most {loss} lost," +
		" [{poisson}Poisson][{constant}evenly spaced] arrivals[, bursts of {burst}]",

	"formula.capacity": "μ = W/S, W = {workers|count worker}[ × {connections} (they only wait)], S =" +
		" {service|seconds}",
	"formula.places":         "C = B + 1, backlog B = {backlog}[{assumed} (assumed)]",
	"formula.wait":           "C/μ",
	"formula.answer":         "C/μ + S",
	"formula.answer_late":    "C/μ + S, over the deadline D = {deadline|seconds}",
	"formula.answer_in_time": "C/μ + S, within the deadline D = {deadline|seconds}",
	"formula.dead_work": "behind a full queue every answer is late: goodput falls to 0, even if nothing" +
		" overflows",
	"formula.no_backlog": "(D−S)·μ − 1 < 0: no time is left to wait",
	"formula.backlog":    "at most (D−S)·μ − 1",
	"formula.trial":      "T ≥ C/(δμ); +2 %: {two|seconds}; +5 %: {five|seconds}",

	"formula.utilisation":  "ρ = L/μ",
	"formula.loss":         "1 − μ/L, evenly spaced arrivals",
	"formula.no_loss":      "L ≤ μ, evenly spaced arrivals",
	"formula.poisson":      "{formula}; {cv}",
	"formula.cv":           "service cv {cv}[{assumed}, assumed]",
	"formula.never":        "L ≤ μ, constant; Poisson: as often as loss",
	"formula.from_idle":    "(C + W/2·(1−μ/L))/(L−μ)",
	"formula.before_first": "(W+C)/L, before the first answer",
	"formula.from_busy":    "C/(L−μ), all workers busy, queue empty",
	"formula.all_late":     "S > D: all of them",
	"formula.late":         "{idle}, C = ⌊(D−S)·μ⌋ = {places}",

	"formula.mmck": "P_M of M/M/c/K, c = {servers}, K = W+C = {places}",
	"formula.mdck": "{constant}[{low}, low by up to a third as C < W], c = {servers}, K = W+C = {places}",
	"formula.mixed": "cv²·P_M + (1−cv²)·P_D: M/M/c/K {exponential}, {constant}[{low}, low by up to a third" +
		" as C < W], c = {servers}, K = W+C = {places}",
	"formula.tijms":             "P_D of M/D/c/K (Tijms)",
	"formula.doubled_queue":     "P_D ≈ P_M with 2C places",
	"formula.exponential_bound": "P_D ≤ P_M",

	"formula.workers": "smallest W that at B = {backlog} loses no more: {loss} ([{constant}1 −" +
		" μ/L][{poisson}M/M/c/K; {cv}][{mixed}cv²·P_M + (1−cv²)·P_D; {cv}])",
	"formula.head_room": "W/S; head-room μ/L − 1 = {room}",
	"formula.own_none":  "ρ = {utilisation|percent}: a queue buys time, no capacity",
	"formula.for_loss": "for that loss[{burst} + burst − (W − LS)]; the last waits C/μ =" +
		" {wait|seconds}[{late}, and with S it passes the deadline]",
	"formula.none_waits": "L ≤ μ, evenly spaced: none waits",
	"formula.somaxconn": "listen() clamps B to net.core.somaxconn: 4096, before Linux 5.4 128[{raise};" +
		" after raising it restart the server]",
}
