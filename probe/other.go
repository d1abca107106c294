//go:build !linux

package probe

func openSources(Config) ([]Source, []SourceError, error) { return nil, nil, ErrUnsupported }

// Sysctls answers on Linux only; here none is known.
func Sysctls(Config) map[string]string { return map[string]string{} }
