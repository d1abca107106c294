package wire

import (
	"testing"
	"time"
)

func TestIDIsReadAsItWasWritten(t *testing.T) {
	epoch := time.UnixMilli(1795551742996).Add(400 * time.Microsecond)
	text := string(AppendID(nil, epoch, 2500*time.Millisecond+999*time.Microsecond, 7))
	id, ok := ParseID(text)
	if want := (ID{1795551742996, 2500 * time.Millisecond, 7}); !ok || id != want {
		t.Errorf("%s is %+v, want %+v", text, id, want)
	}
	for _, other := range []string{"", "weir", "weir-1-2", "weir-1-2-3-4", "weir-1-2-", "weir--1-2-3",
		"weir-1-2--3", "weir-+1-2-3", "weir-01-2-3",
		"weir-1-2-3 ", "Weir-1-2-3", "weir-1-99999999999999999999-3", "weir-1-2-4294967296", "weir-1.0-2-3",
		"6a92d732a36c994310ae19624736b58a"} {
		if id, ok := ParseID(other); ok {
			t.Errorf("%q is taken for %+v", other, id)
		}
	}
}
