package plan

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// What a plan may ask for. The limits are far above what one machine can offer; they are there so that
// a slip of the finger is an error and not a process that never returns.
const (
	RateLimit     = 10_000_000     // requests per second
	DurationLimit = 24 * time.Hour // of the whole plan
	CountLimit    = 1_000_000_000  // requests
	stageLimit    = 10_000
)

// Validate says what is wrong with the plan, in one line, or returns nil.
func (p Plan) Validate() error {
	switch p.Arrival {
	case Constant, Poisson, "":
	default:
		return fmt.Errorf("arrival %q: use %q or %q", p.Arrival, Constant, Poisson)
	}
	if len(p.Stages) == 0 {
		return errors.New("the plan has no stages: give it a rate and a duration")
	}
	if len(p.Stages) > stageLimit {
		return fmt.Errorf("the plan has %d stages: at most %d are allowed", len(p.Stages), stageLimit)
	}
	var sum time.Duration
	for i, s := range p.Stages {
		if err := s.validate(); err != nil {
			return fmt.Errorf("stage %d: %w", i+1, err)
		}
		if sum += s.Duration; sum > DurationLimit {
			return fmt.Errorf("the plan is longer than %v: shorten it", DurationLimit)
		}
	}
	if p.First < 0 {
		return fmt.Errorf("the first request has the number %d: from 0", p.First)
	}
	if n := p.total(); n > CountLimit {
		return fmt.Errorf("the plan has %.4g requests: at most %d are allowed", n, CountLimit)
	}
	return nil
}

func (s Stage) validate() error {
	if err := validRate(s.From); err != nil {
		return err
	}
	if err := validRate(s.To); err != nil {
		return err
	}
	return validDuration(s.Duration)
}

// validRate is written so that NaN fails it too.
func validRate(r float64) error {
	switch {
	case !(r > 0) || math.IsInf(r, 0):
		return fmt.Errorf("rate %v: a rate must be a number above 0", r)
	case r > RateLimit:
		return fmt.Errorf("rate %v: at most %d requests per second are allowed", r, RateLimit)
	}
	return nil
}

func validDuration(d time.Duration) error {
	switch {
	case d <= 0:
		return fmt.Errorf("duration %v: a duration must be above 0", d)
	case d > DurationLimit:
		return fmt.Errorf("duration %v: at most %v is allowed", d, DurationLimit)
	}
	return nil
}
