package loadgen

import (
	"regexp"
	"slices"
	"testing"
)

// Every row is whole, and says of its outcome nothing that contradicts itself.
func TestOutcomes(t *testing.T) {
	seen, colours := map[Outcome]bool{}, map[string]Outcome{}
	for _, k := range Kinds() {
		o := k.Outcome
		if seen[o] || o == "" || o.Sent() == (o == Shed) || o.Kind() != k {
			t.Errorf("%q: listed twice, %v as sent, or as %+v", o, o.Sent(), o.Kind())
		}
		seen[o] = true
		if k.Phase == "" || k.About == "" || (k.Class == Unfailed) != (o == OK || o == Canceled) {
			t.Errorf("%+v is not whole", k)
		}
		late := k.Phase != NotSent && k.Phase != Connecting
		if k.Connected != (late || o == TLSFailed) {
			t.Errorf("%s ended %s and had a connection: %v", o, k.Phase, k.Connected)
		}
		for _, c := range []string{"light " + k.Light, "dark " + k.Dark} {
			if !regexp.MustCompile(` #[0-9a-f]{6}$`).MatchString(c) || colours[c] != "" {
				t.Errorf("%s has the colour %q, which is none or that of %q", o, c, colours[c])
			}
			colours[c] = o
		}
	}
	if len(seen) != 26 || Outcome("").Sent() {
		t.Errorf("%d outcomes, want the 26 of the format", len(seen))
	}
	if k := Outcome("new_in_another_version").Kind(); !k.Connected || k.Class != ByClosing {
		t.Errorf("one that is not known: %+v", k)
	}
}

// An assertion may name every outcome, and all answers from 500 on together.
func TestNames(t *testing.T) {
	for _, name := range Names() {
		all := Named(name)
		if name == All5xx {
			if len(all) != 5 || !slices.Contains(all, HTTP504) || !slices.Contains(all, HTTP5xxOther) {
				t.Errorf("%s means %v", name, all)
			}
		} else if !slices.Equal(all, []Outcome{Outcome(name)}) {
			t.Errorf("%s means %v", name, all)
		}
	}
	if n := len(Names()); n != len(Outcomes())+1 {
		t.Errorf("%d names", n)
	}
}
