package scenarios

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"weir/report/runfile"
	"weir/scenarios/catalogue"
	"weir/scenarios/nginx"
)

// proxy is the NGINX of a host, which may be another process after a restart.
type proxy struct {
	host, path string
	run        func(*exec.Cmd) error
	died       chan string // why, where it ended by itself

	mu     sync.Mutex
	conf   nginx.Config
	server *nginx.Server
	wanted bool // its end is our doing
}

// startNGINX starts the proxy of that host, unless it runs. It reports false, with a warning in the setup,
// where there is no NGINX.
func (b *labBuilder) startNGINX(ctx context.Context, host string) (bool, error) {
	if b.proxies[host] != nil {
		return true, nil
	}
	path, version, err := nginx.Find(ctx, b.opt.NGINX)
	if errors.Is(err, nginx.ErrNotInstalled) {
		b.warn("no_proxy_lane", "", map[string]any{"why": err.Error()})
		return false, nil
	}
	if err != nil {
		return false, err
	}
	b.Environment["proxy"] = "nginx/" + version
	conf := b.nginxConfig(host, b.scenario.Proxies[host])
	conf.Status = nginx.HasStatus(ctx, path, conf)
	p := &proxy{host: host, path: path, run: b.lab.Host(host).Start, conf: conf, died: make(chan string, 16)}
	b.onClose(p.end)
	if err := p.start(ctx); err != nil {
		return false, err
	}
	b.proxies[host] = p
	b.Watchers = append(b.Watchers, p.watch,
		errorLogWatcher(host, conf.ErrorLog()),
		accessLogWatcher(host, conf.AccessLog()))
	if conf.Status {
		return true, b.watchStatus(ctx, host, "unix:"+conf.StatusSocket())
	}
	return true, nil
}

// start starts NGINX, after it has ended too, and waits until it serves.
func (p *proxy) start(ctx context.Context) error {
	p.mu.Lock()
	server, err := nginx.Start(p.path, p.conf, p.run)
	if err != nil {
		p.mu.Unlock()
		return err
	}
	p.server, p.wanted = server, false
	p.mu.Unlock()
	go func() {
		<-server.Ended()
		p.mu.Lock()
		wanted := p.wanted || p.server != server
		p.mu.Unlock()
		if !wanted {
			select {
			case p.died <- fmt.Sprintf("NGINX on %s ended by itself: %s", p.host, server.Why()):
			default:
			}
		}
	}()
	return server.WaitReady(ctx)
}

// watch puts it on record when a proxy ends by itself: the run goes on, and says so.
func (p *proxy) watch(ctx context.Context, epoch time.Time, rec Recorder) {
	for {
		select {
		case why := <-p.died:
			rec.Write(&runfile.Event{Host: p.host, At: time.Since(epoch), Source: runfile.FromRunner,
				Class: runfile.ServerEnded, Count: 1, Text: why})
		case <-ctx.Done():
			return
		}
	}
}

// ours is the running server, whose end is our doing from now on.
func (p *proxy) ours() *nginx.Server {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = true
	return p.server
}

// end asks NGINX to leave, then ends it.
func (p *proxy) end() error {
	s := p.ours()
	if s == nil {
		return nil
	}
	_ = signalGroup(s.Pid(), sigCont) // a stopped process takes no SIGTERM
	return s.Stop()
}

// kill ends it at once.
func (p *proxy) kill() error {
	p.ours()
	return p.signal(syscall.SIGKILL)
}

// restart ends NGINX and starts it anew, with the configuration that it had last.
func (p *proxy) restart(ctx context.Context) error {
	if err := p.end(); err != nil {
		return err
	}
	return p.start(ctx)
}

// signal reaches the master and its workers, which the lab made a process group.
func (p *proxy) signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := signalGroup(p.server.Pid(), sig); err != nil {
		return fmt.Errorf("signal NGINX on %s: %w", p.host, err)
	}
	return nil
}

// reload has NGINX read another configuration.
func (p *proxy) reload(conf nginx.Config) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	conf.Status = p.conf.Status
	p.conf = conf
	return p.server.Reload(conf)
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
	return b.proxies[host].reload(b.nginxConfig(host, p))
}
