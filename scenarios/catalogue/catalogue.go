// Package catalogue holds the scenarios: experiments written down as data, each with the claim that it
// puts to the test. A scenario says what is set up and offered; it never says what will come out.
package catalogue

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"sort"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"weir/loadgen/plan"
)

//go:embed *.yaml
var files embed.FS

// Scenario is one experiment in the private lab.
type Scenario struct {
	Name    string                       `yaml:"name"`
	Claim   string                       `yaml:"claim"`   // what is said to happen, in one sentence
	Lanes   []string                     `yaml:"lanes"`   // direct, proxy
	Sysctls map[string]map[string]string `yaml:"sysctls"` // by host: client, proxy, backend
	Backend Backend                      `yaml:"backend"`
	NGINX   NGINX                        `yaml:"nginx"`
	Load    Load                         `yaml:"load"`
}

// Backend is the embedded worker pool.
type Backend struct {
	Workers     int           `yaml:"workers"`
	ServiceTime time.Duration `yaml:"service_time"`
	Backlog     int           `yaml:"backlog"` // as given to listen(); the kernel clamps it to somaxconn
}

// NGINX is what the proxy's configuration says beyond the least.
type NGINX struct {
	Location map[string]string `yaml:"location"` // directives of the proxying location
	Upstream map[string]string `yaml:"upstream"` // directives of the upstream block
}

// Load is a row of separate, drained, constant-rate trials from From to To × the computed capacity.
type Load struct {
	From           float64       `yaml:"from"`
	To             float64       `yaml:"to"`
	Trials         int           `yaml:"trials"` // a lane
	TrialDuration  time.Duration `yaml:"trial_duration"`
	Arrival        plan.Arrival  `yaml:"arrival"`
	ConnectTimeout time.Duration `yaml:"connect_timeout"`
	Timeout        time.Duration `yaml:"timeout"`
}

// Names lists the embedded scenarios.
func Names() []string {
	entries, _ := files.ReadDir(".") // an embedded folder can always be read
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	sort.Strings(names)
	return names
}

// ErrUnknown is in the error of a name that is neither in the catalogue nor a file.
var ErrUnknown = errors.New("unknown scenario")

// maxFile bounds a scenario file, which may come from anywhere.
const maxFile = 1 << 20

// Source returns the text of a scenario: an embedded one by name, or a file by a path ending in .yaml or .yml.
func Source(name string) ([]byte, error) {
	if ext := path.Ext(name); ext == ".yaml" || ext == ".yml" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("scenario: %w", err)
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxFile))
		if err != nil {
			return nil, fmt.Errorf("scenario: %w", err)
		}
		return text, nil
	}
	text, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("%w %q; there are: %s (or give a .yaml file)", ErrUnknown, name, strings.Join(Names(), ", "))
	}
	return text, nil
}

// Open reads and checks a scenario. Unknown keys and impossible values are errors with line and column.
func Open(name string) (Scenario, error) {
	text, err := Source(name)
	if err != nil {
		return Scenario{}, err
	}
	var s Scenario
	if err := yaml.UnmarshalWithOptions(text, &s, yaml.Strict()); err != nil {
		return Scenario{}, fmt.Errorf("scenario %s: %s", name, yaml.FormatError(err, false, true))
	}
	if err := s.validate(); err != nil {
		return Scenario{}, fmt.Errorf("scenario %s: %w", name, err)
	}
	return s, nil
}
