package server

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

//go:embed app
var apps embed.FS

// answer is the body of every answer. With it the readiness check knows our application from another's.
const answer = "weir: ok\n"

// app returns an application by the name of its file. All of them do the same: they look the path up in the
// service times, sleep, and answer.
func app(name string) string {
	text, err := apps.ReadFile("app/" + name)
	if err != nil {
		panic(err) // embedded: a mistake in this package
	}
	return string(text)
}

// serviceTimes is what the applications read from their environment: seconds by path, of all other paths
// under "*".
func (s Spec) serviceTimes() string {
	seconds := map[string]float64{"*": s.ServiceTime.Seconds(), readyPath: 0}
	paths := maps.Clone(s.Paths)
	for path, d := range paths {
		seconds[path] = d.Seconds()
	}
	text, err := json.Marshal(seconds)
	if err != nil {
		panic(err) // a map of strings to finite numbers
	}
	return string(text)
}

const serviceTimesVariable = "WEIR_SERVICE_TIMES"

// seconds writes a duration as these servers take it.
func seconds(d time.Duration) string { return fmt.Sprint(int64(d / time.Second)) }
