//go:build !linux

package portable

// receive is written for Linux only: elsewhere a deadline that has passed is believed.
func receive(int, []byte, int) (n int, err error, final bool) { return 0, nil, false }

func send(int, []byte) int { return 0 }
