package gate

// plateau is what the overloaded trials served, less what their queues took in. The order of these trials bounds it.
func plateau(s scope) interval {
	switch l := s.lane; {
	case l.Plateau == nil:
		return missing("no complete trial lost more than a twentieth, so that none shows a plateau")
	case l.BacklogLimit == nil:
		return missing("no interval: what the queue took in is not known without its backlog limit")
	case l.PlateauBounds == nil:
		return missing("no interval: fewer than 6 trials were overloaded")
	default:
		return interval{value: *l.Plateau, low: max(0, l.PlateauBounds.Low), high: l.PlateauBounds.High}
	}
}
