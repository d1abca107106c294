package analysis

import "fmt"

// number is a count with its noun: "1 request", "12 requests".
func number(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// often is how many times: "once", "12 times".
func often(n uint64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func value(n *uint64) uint64 {
	if n == nil {
		return 0
	}
	return *n
}
