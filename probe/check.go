package probe

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// What no sample and no snapshot of a kernel reaches. One that does, in a record or from a pipe, was damaged
// or was made to harm whoever reads it.
const (
	maxValues    = 4096 // counters, or gauges, of one sample
	maxListeners = 4096 // in a sample: one port's SO_REUSEPORT group may be large, but not without end
	maxSnapshot  = 1024 // listeners of a snapshot
	maxSysctls   = 256
	maxErrors    = 64   // sources that failed in one reading
	maxText      = 4096 // bytes of an address, an error or a value of sysctl
	maxTime      = 10 * 365 * 24 * time.Hour
)

// Check refuses a sample that no probe can have taken. It does not make texts safe to show: whoever shows one
// escapes it.
func (s *Sample) Check() error {
	if n := max(len(s.Counters), len(s.Gauges)); n > maxValues {
		return fmt.Errorf("%d counters or gauges", n)
	}
	if len(s.Errors) > maxErrors {
		return fmt.Errorf("%d failed sources", len(s.Errors))
	}
	for _, values := range []map[string]uint64{s.Counters, s.Gauges} {
		for name := range values {
			if !IsName(name) {
				return fmt.Errorf("%.40q is no counter's name", name)
			}
		}
	}
	for _, e := range s.Errors {
		if err := checkTexts(e.Source, e.Text); err != nil {
			return err
		}
	}
	for _, t := range []time.Duration{s.At, s.Took} {
		if t < 0 || t > maxTime {
			return fmt.Errorf("%v is no time since an epoch", t)
		}
	}
	return errors.Join(checkTexts(s.Host), checkListeners(s.Listeners, maxListeners))
}

// Check refuses a snapshot that nobody can have taken; nil is one that nobody took.
func (s *Snapshot) Check() error {
	if s == nil {
		return nil
	}
	if len(s.Sysctls) > maxSysctls {
		return fmt.Errorf("%d sysctls", len(s.Sysctls))
	}
	for name, value := range s.Sysctls {
		if !IsName(name) {
			return fmt.Errorf("%.40q is no sysctl", name)
		}
		if err := checkTexts(value); err != nil {
			return err
		}
	}
	return checkListeners(s.Listeners, maxSnapshot)
}

func checkListeners(list []Listener, most int) error {
	if len(list) > most {
		return fmt.Errorf("%d listeners", len(list))
	}
	for _, l := range list {
		if l.Addr == "" {
			return errors.New("a listener without an address")
		}
		if err := checkTexts(l.Addr); err != nil {
			return err
		}
	}
	return nil
}

func checkTexts(texts ...string) error {
	for _, text := range texts {
		if len(text) > maxText {
			return fmt.Errorf("a text of %d bytes, the limit is %d", len(text), maxText)
		}
	}
	return nil
}

// IsName reports whether s is made of what kernel names are made of, as those of counters, sysctls and
// programs are.
func IsName(s string) bool {
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune("._-:/@", r) {
			return false
		}
	}
	return s != "" && len(s) <= 256
}
