package scenarios

import (
	"context"
	"time"

	"weir/probe/nginxlog"
	"weir/report/runfile"
)

// eventBin is the width in which log lines of one class are counted together. NGINX stamps its error log
// in whole seconds, so lines are placed by their arrival here.
const eventBin = 100 * time.Millisecond

// logPoll is how often a log is looked at for new lines.
const logPoll = 20 * time.Millisecond

// errorLogWatcher follows NGINX's error log and records what its lines mean, counted by class.
func errorLogWatcher(host, path string) Watcher {
	return func(ctx context.Context, epoch time.Time, rec Recorder) {
		bins := newEventBins(host, rec)
		followLog(ctx, epoch, host, path, rec, func(at time.Duration, text []byte) {
			if line, ok := nginxlog.ParseError(text); ok {
				bins.add(at, line)
			}
		})
		bins.emit()
	}
}

// followLog hands over a log's lines as they come. That it could not is an event.
func followLog(ctx context.Context, epoch time.Time, host, path string, rec Recorder,
	line func(at time.Duration, text []byte)) {
	err := nginxlog.Follow(ctx, path, logPoll, func(text []byte) { line(time.Since(epoch), text) })
	if err != nil {
		rec.Write(&runfile.Event{Host: host, At: time.Since(epoch), Source: runfile.FromRunner,
			Class: runfile.LogLost, Count: 1, Text: err.Error()})
	}
}

// eventBins holds the bin that is being counted; its events go out when time has moved on to the next.
type eventBins struct {
	host string
	rec  Recorder
	at   time.Duration
	open map[[2]string]*runfile.Event // by source and class
}

func newEventBins(host string, rec Recorder) *eventBins {
	return &eventBins{host: host, rec: rec, open: map[[2]string]*runfile.Event{}}
}

func (b *eventBins) add(at time.Duration, line nginxlog.Line) {
	if at = at.Truncate(eventBin); at != b.at {
		b.emit()
		b.at = at
	}
	key := [2]string{line.Source, line.Class}
	e := b.open[key]
	if e == nil {
		e = &runfile.Event{Host: b.host, At: at, Source: line.Source, Class: line.Class, Text: line.Text}
		b.open[key] = e
	}
	e.Count++
}

func (b *eventBins) emit() {
	for key, e := range b.open {
		b.rec.Write(e)
		delete(b.open, key)
	}
}
