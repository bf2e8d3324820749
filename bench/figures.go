package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// figure names one quantity, of which each side has a value for every run.
type figure struct {
	part, name string
	units      int    // how many the machine has; 0 where that says nothing
	measure    string // ms, us, KiB, ...; less is better in all of them
	goal       float64
}

// figures are the values of one or more parts, in the order in which they came.
type figures struct {
	order  []figure
	sides  []string
	values map[figure]map[string][]float64
}

func (f *figures) add(side string, of figure, value float64) {
	if f.values == nil {
		f.values = map[figure]map[string][]float64{}
	}
	if f.values[of] == nil {
		f.values[of] = map[string][]float64{}
		f.order = append(f.order, of)
	}
	if !slices.Contains(f.sides, side) {
		f.sides = append(f.sides, side)
	}
	f.values[of][side] = append(f.values[of][side], value)
}

// median is the middle of the values, or the mean of the two in the middle; 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// comparison is a ratio of medians, with the least and the greatest ratio of runs that stood side by side.
type comparison struct{ ratio, least, greatest float64 }

// compare says how candidate stands to reference; ok is false where one of them has no value, or the reference is 0.
func compare(reference, candidate []float64) (c comparison, ok bool) {
	if len(candidate) == 0 || median(reference) == 0 {
		return c, false
	}
	c.ratio = median(candidate) / median(reference)
	c.least, c.greatest = c.ratio, c.ratio
	for i := range min(len(reference), len(candidate)) {
		if reference[i] != 0 {
			r := candidate[i] / reference[i]
			c.least, c.greatest = min(c.least, r), max(c.greatest, r)
		}
	}
	return c, true
}

// table is the figures as Markdown: medians with least and greatest, then candidate/reference beside its goal.
func (f *figures) table(reference, candidate string) string {
	sides := slices.Clone(f.sides)
	slices.SortStableFunc(sides, func(a, b string) int {
		return rank(a, reference, candidate) - rank(b, reference, candidate)
	})
	var b strings.Builder
	fmt.Fprintf(&b, "| figure | units | | %s | ratio (pairs) | goal |\n", strings.Join(sides, " | "))
	fmt.Fprintf(&b, "|---|---|---|%s---|---|\n", strings.Repeat("---|", len(sides)))
	for _, of := range f.order {
		units := ""
		if of.units > 0 {
			units = strconv.Itoa(of.units)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |", of.name, units, of.measure)
		for _, s := range sides {
			fmt.Fprintf(&b, " %s |", spread(f.values[of][s]))
		}
		ratio, goal := "", ""
		if c, ok := compare(f.values[of][reference], f.values[of][candidate]); ok {
			ratio = fmt.Sprintf("%.3g (%.3g–%.3g)", c.ratio, c.least, c.greatest)
		}
		if of.goal > 0 {
			goal = fmt.Sprintf("%.3g", of.goal)
		}
		fmt.Fprintf(&b, " %s | %s |\n", ratio, goal)
	}
	return b.String()
}

// rank puts reference and candidate first.
func rank(side, reference, candidate string) int {
	return slices.Index([]string{reference, candidate, side}, side)
}

// spread is a median with least and greatest, as far as they differ.
func spread(values []float64) string {
	if len(values) == 0 {
		return ""
	}
	if len(values) == 1 {
		return number(values[0])
	}
	return fmt.Sprintf("**%s** (%s–%s)", number(median(values)), number(slices.Min(values)), number(slices.Max(values)))
}

// number shows three digits, or all before the point.
func number(v float64) string {
	switch {
	case v >= 100 || v == 0:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// line is a figure for programs to read.
type line struct {
	Part    string               `json:"part"`
	Figure  string               `json:"figure"`
	Units   int                  `json:"units,omitempty"`
	Measure string               `json:"measure"`
	Goal    float64              `json:"goal,omitempty"`
	Load    float64              `json:"load"`
	Median  map[string]float64   `json:"median"`
	Runs    map[string][]float64 `json:"runs"`
}

// writeLines writes a JSON object for each figure.
func (f *figures) writeLines(w io.Writer) error {
	e := json.NewEncoder(w)
	for _, of := range f.order {
		medians := map[string]float64{}
		for side, values := range f.values[of] {
			medians[side] = median(values)
		}
		l := line{of.part, of.name, of.units, of.measure, of.goal, load(), medians, f.values[of]}
		if err := e.Encode(l); err != nil {
			return fmt.Errorf("write figures: %w", err)
		}
	}
	return nil
}

// load is the load average of the last minute; 0 where it is not known.
func load() float64 {
	text, _ := os.ReadFile("/proc/loadavg") // best effort: it only stands beside the figures
	first, _, _ := strings.Cut(string(text), " ")
	v, _ := strconv.ParseFloat(first, 64) // best effort: as above
	return v
}
