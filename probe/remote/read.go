package remote

import (
	"errors"
	"fmt"
	"time"

	"weir/probe"
)

// read takes lines until there are no more. A slow sink stops it, so that the pipe fills and the probe leaves
// ticks out: the samples have a gap then, and none of them is late.
func (r *Remote) read() {
	defer close(r.done)
	lines := newLineReader(r.proc.out)
	var fatal string
	for fatal == "" {
		text, err := lines.next()
		came := r.now()
		switch {
		case err == nil:
			var s *probe.Sample
			if s, fatal = r.take(text, came); s != nil {
				r.hand(*s)
			}
		case errors.Is(err, errLong), errors.Is(err, errTorn):
			r.mu.Lock()
			fatal = r.discard(err)
			r.mu.Unlock()
		default:
			r.finish("")
			return
		}
	}
	killAll(r.proc.cmd)
	_ = r.proc.out.Close()
	r.finish(fatal)
}

// finish waits for the command and says how it ended; fatal is why we gave it up, if we did.
func (r *Remote) finish(fatal string) {
	how := r.proc.ended()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case fatal != "":
		r.ended = "it was given up: " + fatal
	case r.bye != "":
		r.ended = fmt.Sprintf("it ended by itself (%s), %s", r.bye, how)
	default:
		r.ended = how
	}
}

// take acts on one line. It returns the sample that was in it, or why no more can be read.
func (r *Remote) take(text []byte, came time.Duration) (_ *probe.Sample, fatal string) {
	value, err := parse(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil && r.hello == nil {
		if _, isHello := value.(*Hello); !isHello {
			err = errors.New("the first line is not hello")
		}
	}
	if err != nil {
		return nil, r.discard(err)
	}
	switch v := value.(type) {
	case *Hello:
		if r.hello != nil {
			return nil, "it began anew, with a second hello"
		}
		r.hello = v
		r.clock.ahead = v.Epoch.Sub(r.began)
	case *probe.Sample:
		return r.sample(v, came)
	case *pong:
		return nil, r.pong(v, came)
	case *bye:
		r.bye, r.after = v.Reason, v.Snapshot
	}
	return nil, ""
}

// sample takes a reading in. The caller holds r.mu.
func (r *Remote) sample(v *probe.Sample, came time.Duration) (_ *probe.Sample, fatal string) {
	if v.At < r.lastAt {
		return nil, r.discard(errors.New("a sample is older than the one before"))
	}
	r.lastAt, r.heard = v.At, came
	r.clock.arrive(v.At+v.Took, came)
	if r.first == nil {
		r.first = v
		close(r.ready)
	}
	return v, ""
}

// hand gives a sample to whoever wants samples.
func (r *Remote) hand(s probe.Sample) {
	r.sinkMu.Lock()
	defer r.sinkMu.Unlock()
	if r.deliver != nil {
		r.deliver(s)
	}
}

// discard counts a line that is none of ours. The caller holds r.mu.
func (r *Remote) discard(err error) (fatal string) {
	if r.junk++; r.junk == 1 {
		r.junky = clean(err.Error(), maxText)
	}
	if r.junk >= maxJunk {
		return fmt.Sprintf("%d lines were not %s", r.junk, Schema)
	}
	return ""
}
