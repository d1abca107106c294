package probe

import (
	"maps"
	"slices"
)

// SysctlChange is a setting that was another one at the end than at the start. "" is absent: no
// setting's value is empty, but for ip_local_reserved_ports, where both mean "none".
type SysctlChange struct{ Name, Before, After string }

// SysctlChanges compares two answers of Sysctls, the one from before a run with the one from after it. A
// run whose somaxconn or tcp_abort_on_overflow changed half-way measured two systems. It is sorted by
// name. An answer that is empty was not readable, and is no change.
func SysctlChanges(before, after map[string]string) []SysctlChange {
	if len(before) == 0 || len(after) == 0 {
		return nil
	}
	all := maps.Clone(before)
	maps.Copy(all, after)
	var changes []SysctlChange
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if before[name] != after[name] {
			changes = append(changes, SysctlChange{name, before[name], after[name]})
		}
	}
	return changes
}
