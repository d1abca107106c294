package scenarios

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"weir/scenarios/catalogue"
	"weir/scenarios/nginx"
)

// startNGINX starts the proxy of that host, unless it runs. It reports false, with a warning in the setup, where
// there is no NGINX.
func (b *labBuilder) startNGINX(ctx context.Context, host string) (bool, error) {
	if b.proxies[host] != nil {
		return true, nil
	}
	path, version, err := nginx.Find(ctx, b.opt.NGINX)
	if errors.Is(err, nginx.ErrNotInstalled) {
		b.warn("no_proxy_lane", "The direct lane ran alone: "+err.Error())
		return false, nil
	}
	if err != nil {
		return false, err
	}
	b.Environment["proxy"] = "nginx/" + version
	conf := b.nginxConfig(host, b.scenario.Proxies[host])
	conf.Status = nginx.HasStatus(ctx, path, conf)
	server, err := nginx.Start(path, conf, b.lab.Host(host).Start)
	if err != nil {
		return false, err
	}
	b.onClose(server.Stop)
	if err := server.WaitReady(ctx); err != nil {
		return false, err
	}
	b.proxies[host], b.killed[host] = server, new(atomic.Bool)
	b.Watchers = append(b.Watchers, b.watchNGINX(host, server),
		errorLogWatcher(host, conf.ErrorLog()),
		accessLogWatcher(host, conf.AccessLog()))
	if conf.Status {
		return true, b.watchStatus(ctx, host, "unix:"+conf.StatusSocket())
	}
	return true, nil
}

// watchNGINX puts it on record when a proxy ends by itself: the run goes on, and says so.
func (b *labBuilder) watchNGINX(host string, s *nginx.Server) Watcher {
	return func(ctx context.Context, epoch time.Time, rec Recorder) {
		select {
		case <-s.Ended():
			if !b.killed[host].Load() {
				rec.Event(Event{Host: host, At: time.Since(epoch), Source: "runner", Class: "server_ended", Count: 1,
					Text: fmt.Sprintf("NGINX on %s ended by itself: %s", host, s.Why())})
			}
		case <-ctx.Done():
		}
	}
}

// signalNGINX reaches the master and its workers, which the lab made a process group.
func signalNGINX(host string, s *nginx.Server, sig syscall.Signal) error {
	if err := signalGroup(s.Pid(), sig); err != nil {
		return fmt.Errorf("signal NGINX on %s: %w", host, err)
	}
	return nil
}

func (b *labBuilder) nginxConfig(host string, p catalogue.NGINX) nginx.Config {
	conf := nginx.Config{
		Dir: filepath.Join(b.lab.Dir(), "nginx-"+host), Listen: b.address(host, proxyPort),
		Directives: p.Location, Group: p.Upstream, Workers: p.Workers, WorkerConnections: p.WorkerConnections,
		RunAs: "root", // the only uid that is mapped here; outside it is the ordinary user
	}
	for _, name := range p.Upstreams {
		address := b.address(name, backendPort) // also where nothing listens
		if s := b.servers[name]; s != nil && s.network == "unix" {
			address = "unix:" + s.address
		}
		if s := b.servers[name]; s != nil {
			conf.Script = s.script
		}
		conf.Upstreams = append(conf.Upstreams, strings.TrimSpace(address+" "+p.Servers[name]))
	}
	return conf
}

// reload has a proxy read another configuration: what an event says, over what it has.
func (b *labBuilder) reload(host string, over catalogue.NGINX) error {
	p := b.scenario.Proxies[host]
	if over.Location != nil {
		p.Location = over.Location
	}
	if over.Upstream != nil {
		p.Upstream = over.Upstream
	}
	if over.Servers != nil {
		p.Servers = over.Servers
	}
	if over.Upstreams != nil {
		p.Upstreams = over.Upstreams
	}
	return b.proxies[host].Reload(b.nginxConfig(host, p))
}
