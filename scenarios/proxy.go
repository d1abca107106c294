package scenarios

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

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
	b.proxies[host] = server
	b.Watchers = append(b.Watchers,
		errorLogWatcher(host, conf.ErrorLog()),
		accessLogWatcher(host, conf.AccessLog()))
	if conf.Status {
		return true, b.watchStatus(ctx, host, "unix:"+conf.StatusSocket())
	}
	return true, nil
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
