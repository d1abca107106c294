package analysis

// health counts checks by when they were sent: before the lane's first trial, from then on until the load of its last one ended, and after it.
func (r *run) health(l *lane) *Health {
	if len(l.trials) == 0 {
		return nil
	}
	first, last := l.trials[0], l.trials[len(l.trials)-1]
	h, any := &Health{}, false
	for _, e := range r.events {
		if e.Source != "health" {
			continue
		}
		of := &h.During
		switch {
		case e.At < first.Start:
			of = &h.Before
		case e.At >= last.Start+last.duration():
			of = &h.After
		}
		switch any = true; e.Class {
		case "ok":
			of.OK += e.Count
		case "slow":
			of.Slow += e.Count
		case "failed":
			of.Failed += e.Count
		}
	}
	if !any {
		return nil
	}
	return h
}
