package words

// hosts: what has no column in the table of the probed hosts, because it is rare.
var hosts = Sentences{
	"host.others_at_least": "at least {n} of the overflows were other listeners'",
	"host.waiting":         "Recv-Q at most {n}, of a limit that is not known",
	"host.other":           "{addr}, not watched, dropped at least {n}",
	"host.restart":         "{addr} restarted {n|times}",
	"host.sysctl":          "{name} {before} → {after}",
	"host.absent":          "absent",
	"host.clock":           "its clock: {clock}",
	"host.ports":           "{used} of {range}",

	"rst":            "{n} {whom}[ ({reason})]",
	"rst.listener":   "refusing a handshake",
	"rst.connection": "of a connection",
	"rst.no_socket":  "nobody there",
}
