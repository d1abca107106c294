//go:build race

package portable

const raced = true
