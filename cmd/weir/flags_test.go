package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	for list, want := range map[string]string{
		"":                      "[]",
		"10.0.0.7":              "[10.0.0.7]",
		"10.0.0.9/29":           "[10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14]",
		"10.0.0.8/31":           "[10.0.0.8 10.0.0.9]",
		"10.0.0.8/32":           "[10.0.0.8]",
		"10.0.0.2, 10.0.0.0/30": "[10.0.0.2 10.0.0.1]",
		"fd00::/126, ::1":       "[fd00::1 fd00::2 fd00::3 ::1]",
		"255.255.255.252/30":    "[255.255.255.253 255.255.255.254]",
	} {
		got, err := addresses(list)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%q: %v, %v, want %s", list, got, err, want)
		}
	}
	for list, says := range map[string]string{
		"10.0.0.0/19": "more than 4096", "fd00::/64": "more than 4096", "localhost": "neither",
		"10.0.0.1,": "neither", "10.0.0.1/33": "neither",
	} {
		if _, err := addresses(list); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", list, err, says)
		}
	}
	if all, err := addresses("10.0.0.0/20"); err != nil || len(all) != 4094 {
		t.Errorf("a /20 has %d addresses, %v", len(all), err)
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int{"4096": 4096, "500k": 500 << 10, "16M": 16 << 20,
		"16MiB": 16 << 20, "1gb": 1 << 30} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1", "2G", "1e3", "k", "16 M", "9999999999999999999k"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q was taken as %d", text, got)
		}
	}
}

// A URL keeps its variable: escaped, every request would ask for the braces.
func TestURLKeepsItsVariable(t *testing.T) {
	const text = "http://127.0.0.1:8000/item/{{seq}}?n={{seq}}"
	if got, err := checkURL("--direct", text); got != text || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
