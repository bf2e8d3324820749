package main

import (
	"slices"
	"strings"
)

// minimise drops everything from a history without which it still breaks the same invariant.
func minimise(h *history, what string) (*history, string) {
	rule := ruleOf(what)
	breaks := func(c *history) bool {
		got := try(c)
		if ruleOf(got) == rule {
			what = got
			return true
		}
		return false
	}
	for again := true; again; {
		again = false
		for size := len(h.steps); size > 0; size /= 2 {
			for at := 0; at+size <= len(h.steps); {
				c := &history{h.units, slices.Concat(h.steps[:at], h.steps[at+size:])}
				if breaks(c) {
					h, again = c, true
				} else {
					at += size
				}
			}
		}
		for at := 0; at < len(h.units); {
			c := &history{slices.Concat(h.units[:at], h.units[at+1:]), h.steps}
			if breaks(c) {
				h, again = c, true
			} else {
				at++
			}
		}
		for n := range h.units {
			for at := 0; at < len(h.units[n].lines); {
				c := &history{slices.Clone(h.units), h.steps}
				lines := h.units[n].lines
				c.units[n].lines = slices.Concat(lines[:at], lines[at+1:])
				if !strings.HasPrefix(lines[at], "[") && breaks(c) {
					h, again = c, true
				} else {
					at++
				}
			}
		}
	}
	breaks(h)
	return h, what
}

// ruleOf is the invariant that a breach names, without what differs from run to run.
func ruleOf(what string) string {
	rule, _, _ := strings.Cut(what, ":")
	return rule
}
