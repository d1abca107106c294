//go:build !unix

package remote

import (
	"os/exec"
	"syscall"
)

func ownSession() *syscall.SysProcAttr { return nil }

func killAll(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
