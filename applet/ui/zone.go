package ui

import (
	"strings"
	"time"
)

// Zone is the time zone that a value of $TZ means: a file of the zone database, or a rule of tzset(3) such as
// CET-1CEST,M3.5.0,M10.5.0/3, which the time package reads in files only. Any other is UTC.
func Zone(name string) *time.Location {
	name = strings.TrimPrefix(name, ":")
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	if zone, err := time.LoadLocationFromTZData(name, ruleFile(name)); err == nil {
		return zone
	}
	return time.UTC
}

// ruleFile is a file of the zone database whose only content is a rule, tzfile(5): two blocks that say nothing of
// the past, and the rule behind them.
func ruleFile(rule string) []byte {
	const reserved, kinds, letters = 15, 1, 4
	var data []byte
	for range 2 {
		data = append(append(data, "TZif2"...), make([]byte, reserved)...)
		for _, count := range []byte{0, 0, 0, 0, kinds, letters} {
			data = append(data, 0, 0, 0, count)
		}
		data = append(data, 0, 0, 0, 0, 0, 0, 'U', 'T', 'C', 0)
	}
	return append(data, "\n"+rule+"\n"...)
}
