package targets

import (
	"fmt"
	"strconv"
	"strings"

	"weir/loadgen"
)

// framing tells the headers that follow from the body, and that net/http, and so vegeta, leaves out for that
// (reqWriteExcludeHeader).
func framing(name string) bool {
	return strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "Transfer-Encoding") ||
		strings.EqualFold(name, "Trailer")
}

// declared is such a header of a request.
type declared struct {
	line        int
	name, value string
}

// maxNotes bounds what is said of a file.
const maxNotes = 5

// note says which of them would have been something else than what is sent.
func (p *parser) note() {
	for _, d := range p.lengths {
		body := p.last().Body
		sent := fmt.Sprintf("the body has %d bytes", len(body))
		if strings.Contains(string(body), loadgen.SeqVariable) {
			sent = "the body's length varies with " + loadgen.SeqVariable
		} else if n, err := strconv.Atoi(d.value); err == nil && n == len(body) &&
			strings.EqualFold(d.name, "Content-Length") {
			continue
		}
		switch n := len(p.file.Notes); {
		case n < maxNotes:
			p.file.Notes = append(p.file.Notes, fmt.Sprintf("%s:%d: %s: %.40q is not sent as it stands: %s",
				p.name, d.line, d.name, d.value, sent))
		case n == maxNotes:
			p.file.Notes = append(p.file.Notes, fmt.Sprintf("%s: and more of the kind", p.name))
		}
	}
}
