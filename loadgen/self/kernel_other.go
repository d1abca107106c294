//go:build !linux

package self

import "time"

// readDelays is Linux only.
func readDelays() map[int]time.Duration { return nil }

// readStolen is Linux only.
func readStolen() *time.Duration { return nil }

// readQuota is Linux only.
func readQuota() float64 { return 0 }
