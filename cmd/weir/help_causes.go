package main

import (
	"fmt"
	"strings"

	"weir/report/words"
)

// causesTopic is the manual's page about the causes, made from the table that gives them their words.
func causesTopic() string {
	var b strings.Builder
	b.WriteString(`# weir help causes: what each cause in a report claims

A lane has the cause that most of its failures have. Each class of failures has
its own beside it. How sure a cause is: ` + "`weir help cause`" + `.

`)
	for _, c := range words.Claims {
		fmt.Fprintf(&b, "%s\n    %s\n", c.Code, c.Text)
	}
	return b.String()
}
