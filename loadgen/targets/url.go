package targets

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"weir/loadgen"
)

// where is a URL in the parts that weir needs.
type where struct {
	origin string // empty: the URL was a path
	user   *url.Userinfo
	uri    string
}

// split takes a URL apart. Errors do not show it whole: it may hold a password.
func split(address string) (where, error) {
	if strings.ContainsAny(address, " \t") {
		return where{}, errors.New("a URL with spaces: write them as %20, and nothing behind the URL")
	}
	if strings.Contains(strings.ReplaceAll(address, loadgen.SeqVariable, ""), "{{") {
		return where{}, fmt.Errorf("a variable that is not known: the one there is in a URL is %s",
			loadgen.SeqVariable)
	}
	origin, uri := "", address
	if !strings.HasPrefix(address, "/") {
		_, rest, found := strings.Cut(address, "://")
		if !found {
			return where{}, errors.New("not a URL: begin it with http://, https:// or /")
		}
		n := strings.IndexAny(rest, "/?#")
		if n < 0 {
			n = len(rest)
		}
		n += len(address) - len(rest)
		origin, uri = address[:n], address[n:]
	}
	w := where{}
	if err := w.setURI(uri); err != nil {
		return where{}, err
	}
	return w, w.setOrigin(origin)
}

// setURI keeps a path and query as they were written, but for what may not stand on a request's line.
func (w *where) setURI(text string) error {
	text, _, _ = strings.Cut(text, "#") // a fragment is not sent
	if !strings.HasPrefix(text, "/") {
		text = "/" + text
	}
	u, err := loadgen.ParseURL("http://any" + text)
	if err != nil {
		return notURL(err)
	}
	w.uri = loadgen.RequestURI(u)
	return nil
}

// setOrigin brings origins that mean the same into one form, that without a default port.
func (w *where) setOrigin(text string) error {
	if text == "" {
		return nil
	}
	if strings.Contains(text, loadgen.SeqVariable) {
		return fmt.Errorf("%s in a host: it may stand in the path, in header values and in the body",
			loadgen.SeqVariable)
	}
	u, err := url.Parse(text)
	if err != nil {
		return notURL(err)
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), ":")
	if port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; port != "" {
		host = strings.TrimSuffix(host, port)
	}
	w.origin, w.user = (&url.URL{Scheme: u.Scheme, Host: host}).String(), u.User
	return nil
}

func notURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return fmt.Errorf("not a URL: %w: write it like http://127.0.0.1:8000/path", err)
}
