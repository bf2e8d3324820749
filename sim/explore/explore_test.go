package main

import (
	"strings"
	"testing"
)

// seeds is what takes some seconds; the command tries more.
const seeds = 8000

// TestExplore tries the first histories. A breach is printed as a scenario: fix the engine, and commit it.
func TestExplore(t *testing.T) {
	_, broken := explore(1, seeds, nil, func(breach) {})
	for _, b := range broken {
		var text strings.Builder
		b.print(&text)
		t.Error(text.String())
	}
}
