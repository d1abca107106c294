//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "peers: this benchmark needs Linux: it pins processes to cores and runs in a network namespace")
	os.Exit(1)
}
