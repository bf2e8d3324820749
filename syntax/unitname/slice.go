package unitname

import (
	"slices"
	"strings"
)

// RootSlice is the slice that all others are in.
const RootSlice = "-.slice"

// ValidSlice checks the name of a slice, systemd.slice(5): dashes separate its levels, so none stands at an end and no
// two together.
func ValidSlice(name string) error {
	if err := Valid(name, PlainForm); err != nil {
		return err
	}
	if TypeOf(name) != Slice {
		return invalid(name, "it is no slice")
	}
	if name == RootSlice {
		return nil
	}
	if stem := Stem(name); stem[0] == '-' || strings.HasSuffix(stem, "-") || strings.Contains(stem, "--") {
		return invalid(name, "a dash in a slice's name separates two levels")
	}
	return nil
}

// SliceParent is the slice that a slice is in, "a-b.slice" of "a-b-c.slice", "-.slice" of "a.slice", "" of the root.
func SliceParent(name string) (string, error) {
	if err := ValidSlice(name); err != nil || name == RootSlice {
		return "", err
	}
	stem := Stem(name)
	dash := strings.LastIndexByte(stem, '-')
	if dash < 0 {
		return RootSlice, nil
	}
	return stem[:dash] + Slice.Suffix(), nil
}

// DashPrefixes are the names that drop-ins for all units with a common beginning go by, the longest first:
// "foo-bar-.service" and "foo-.service" of "foo-bar-baz.service" (systemd.unit(5)). An instance or template keeps
// nothing of what follows '@'.
func DashPrefixes(name string) []string {
	kind := TypeOf(name)
	if kind == "" {
		return nil
	}
	prefix := Prefix(name)
	var names []string
	for end := len(prefix) - 1; end > 0; {
		dash := strings.LastIndexByte(prefix[:end], '-')
		if dash <= 0 {
			break
		}
		names = append(names, prefix[:dash+1]+kind.Suffix())
		end = dash
	}
	return names
}

// DropinNames are the names whose ".d" directories hold drop-ins for a unit, those that win first: the name, its
// template, the DashPrefixes, those with the instance, and the type alone ("service"). systemd.unit(5) names the parts;
// the order is the oracle's.
func DropinNames(name string) []string {
	kind := TypeOf(name)
	if kind == "" {
		return nil
	}
	names := []string{name}
	add := func(more ...string) {
		for _, n := range more {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	prefixes := DashPrefixes(name)
	template := Template(name)
	if template == "" {
		add(prefixes...)
		return append(names, string(kind))
	}
	add(template)
	add(prefixes...)
	at := "@" + Instance(name)
	for _, p := range prefixes {
		stem := Stem(p)
		add(stem+at+kind.Suffix(), stem+"@"+kind.Suffix())
	}
	return append(names, string(kind))
}
