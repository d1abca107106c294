package scenarios

import (
	"context"
	"os"
	"path/filepath"

	"weir/scenarios/catalogue"
	drivers "weir/scenarios/server"
)

// drive makes the server a real one. Where it is not installed, the error is a *drivers.NotInstalledError.
func (b *labBuilder) drive(ctx context.Context, s *server, spec catalogue.Backend) error {
	driver, err := drivers.Lookup(spec.Server)
	if err != nil {
		return err
	}
	installed, err := driver.Find(ctx)
	if err != nil {
		return err
	}
	b.runs(s.host, driver.Name+" "+installed.Version)
	want := drivers.Spec{
		Dir: filepath.Join(b.lab.Dir(), s.host+"-"+driver.Name), Listen: s.address, Workers: spec.Workers,
		Threads:     spec.Threads,
		Connections: spec.WorkerConnections, Backlog: spec.Backlog, ServiceTime: spec.ServiceTime,
		Paths: spec.Paths,
		// the only uid that is mapped here; outside it is the ordinary user
		Timeout: spec.Timeout, RunAs: "root",
	}
	if s.network == "unix" {
		want.Listen = "unix:" + s.address
	}
	if driver.Protocol == drivers.FastCGI {
		s.script = want.Script()
	}
	s.start = func(ctx context.Context) error {
		if s.network == "unix" {
			_ = os.Remove(s.address) // of one that was killed
		}
		running, err := installed.Start(want, b.lab.Host(s.host).Start)
		if err != nil {
			return err
		}
		s.launched(running.Pid(), running.Wait, running.Complaint)
		if s.begun { // under load: that it ends later is told by who watches it
			return running.WaitUp(ctx)
		}
		return running.WaitReady(ctx)
	}
	return nil
}
