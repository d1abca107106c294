//go:build !linux

package wire

// unacknowledged cannot know here. It says yes: a server that closes a connection without a word has
// far more often found it idle for too long than read a request and left it.
func unacknowledged(int, int) bool { return true }

// PeerClosed cannot know here and says no: only what reading has seen counts.
func PeerClosed(int) bool { return false }

// Unread cannot know here and says that there is nothing.
func Unread(int) int { return 0 }
