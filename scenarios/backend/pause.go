package backend

import "time"

// pauseLeft is how long a pause still lasts at a time since the server began. The first begins after every,
// the next that long after the end of the one before.
func pauseLeft(at, every, length time.Duration) time.Duration {
	if into := at % (every + length); into >= every {
		return every + length - into
	}
	return 0
}
