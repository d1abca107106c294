package probe

import (
	"strings"
	"testing"
)

func TestBacklogOf(t *testing.T) {
	long := strings.Repeat("x", 5000)
	sure := func(n uint64, by string) *Backlog { return &Backlog{n, by, true} }
	byDefault := func(n uint64, by string) *Backlog { return &Backlog{n, by, false} }
	for _, test := range []struct {
		command string // arguments, separated by "|"
		want    *Backlog
	}{
		{"/usr/bin/python3|/usr/bin/gunicorn|--backlog|300|app:app", sure(300, "--backlog")},
		{"gunicorn|--pythonpath|" + long + "|--backlog=300|app:app", sure(300, "--backlog")},
		{"gunicorn|--backlog|1|--backlog|2|app:app", sure(2, "--backlog")},
		{"server|--backlog=511", sure(511, "--backlog")},
		{"uwsgi|--http|:80|--listen|400", sure(400, "--listen")},
		{"/usr/bin/uwsgi|--listen=400", sure(400, "--listen")},
		{"uwsgi|-l|64", sure(64, "-l")},
		{"nc|-l|8000", nil},
		{"server|--listen|8000", nil},
		{"/usr/bin/python3|/usr/bin/gunicorn|app:app", byDefault(2048, "Gunicorn's default")},
		{"python3.11|-m|uvicorn|app:app", byDefault(2048, "Uvicorn's default")},
		{"gunicorn: master [app:app]", byDefault(2048, "Gunicorn's default")},
		{"unicorn master -c /etc/unicorn.rb", byDefault(1024, "Unicorn's default")},
		{"nginx: master process /usr/sbin/nginx", byDefault(511, "NGINX's default")},
		{"/usr/sbin/php-fpm8.2|-F", byDefault(511, "PHP-FPM's default")},
		{"nginx-exporter", nil},
		{"python3|app.py|gunicorn", nil},
		{"vi|gunicorn", nil},
		{"server|--backlog", nil}, {"server|--backlog|-1", nil}, {"server|--backlog|0", nil},
		{"server|--backlog|99999999999", nil},
		{"", nil}, {"|", nil}, {" ", nil},
	} {
		got := backlogOf(strings.Split(test.command, "|"))
		if (got == nil) != (test.want == nil) || got != nil && *got != *test.want {
			t.Errorf("%.60q: %+v, want %+v", test.command, got, test.want)
		}
	}
	if got := backlogOf(nil); got != nil {
		t.Errorf("%+v of nothing", got)
	}
}

// TestAsked: each listener's own processes say what was asked for it, and a default that does not explain the
// limit does not.
func TestAsked(t *testing.T) {
	most := uint64(128)
	d := Discovery{Somaxconn: &most, Servers: []Server{
		{Process: Process{Backlog: &Backlog{2048, "Gunicorn's default", false}}, Inodes: []uint32{1, 4}},
		{Process: Process{}, Workers: []Process{{}, {Backlog: &Backlog{300, "--backlog", true}}},
			Inodes: []uint32{2}},
		{Process: Process{Backlog: &Backlog{128, "--backlog", true}}, Inodes: []uint32{3}},
	}}
	for _, test := range []struct {
		l       Listener
		clamp   string
		clamped bool
	}{
		{Listener{Inode: 1, Limit: 128},
			"asked 2048 (Gunicorn's default unless configured), has 128 = net.core.somaxconn: raise", true},
		{Listener{Inode: 2, Limit: 128}, "asked 300 (--backlog), has 128 = net.core.somaxconn: raise", true},
		{Listener{Inode: 3, Limit: 128}, "asked 128 (--backlog), has 128: all of it", false},
		{Listener{Inode: 4, Limit: 64}, "has 64, less than net.core.somaxconn = 128", false},
		{Listener{Inode: 5, Limit: 128}, "has 128 = net.core.somaxconn: the server may have asked for more",
			true},
		{Listener{Inode: 5, Limit: 500}, "has 500, more than", true},
	} {
		if got := d.Clamp(test.l); !strings.HasPrefix(got, test.clamp) || d.Clamped(test.l) != test.clamped {
			t.Errorf("%+v: %q, %v", test.l, got, d.Clamped(test.l))
		}
	}
}
