package disk

import (
	"slices"
	"strings"

	"github.com/steward-init/steward/syntax/version"
)

// Place is a partition and the directory that it belongs on.
type Place struct {
	Partition
	Where string
}

// ESP is where the EFI System Partition belongs. Where there is no such directory, /boot may do.
const ESP = "/efi"

// fixed are the types that belong on the same directory on every machine, in the order in which they are mounted.
var fixed = []struct{ kind, where string }{
	{"home", "/home"}, {"srv", "/srv"}, {"var", "/var"}, {"tmp", "/var/tmp"}, {"xbootldr", "/boot"}, {"esp", ESP},
}

// Layout finds the partitions of a system for an architecture, the root first and then those on its directories in the
// order in which they are mounted. secondary is the architecture whose programs such a machine runs too, or "".
func (t Table) Layout(native, secondary string) ([]Place, error) {
	used := slices.DeleteFunc(slices.Clone(t.Partitions), func(p Partition) bool { return !t.counts(p) })
	root, arch, err := t.root(used, native, secondary)
	if err != nil {
		return nil, err
	}
	places := []Place{{root, "/"}}
	kinds := []struct{ kind, where string }{{"usr-" + arch, "/usr"}}
	if arch == "" {
		kinds = nil
	} else if signed(used, arch) {
		return nil, ErrVerity
	}
	for _, k := range append(kinds, fixed...) {
		if p, ok := pick(used, k.kind); ok {
			places = append(places, Place{p, k.where})
		}
	}
	return places, disjoint(places)
}

// counts says whether a partition is one that may be used.
func (t Table) counts(p Partition) bool {
	switch {
	case p.Type == "esp":
		return t.Scheme == GPT && !p.NoBlockIO
	case t.Scheme == MBR && p.Type == "linux-generic":
		return p.Bootable
	}
	return !p.NoAuto
}

// root finds the partition of the root, and which architecture it is of; one of no particular architecture has "". One
// of another architecture will do where there is none of this one: its files can be read and written just as well.
func (t Table) root(used []Partition, native, secondary string) (root Partition, arch string, err error) {
	for _, arch := range []string{native, secondary} {
		if p, ok := pick(used, "root-"+arch); ok && arch != "" {
			return p, arch, nil
		}
	}
	others := slices.DeleteFunc(slices.Clone(used), func(p Partition) bool {
		return !strings.HasPrefix(p.Type, "root-") || strings.HasSuffix(p.Type, "-verity") ||
			strings.HasSuffix(p.Type, "-verity-sig")
	})
	if p, ok := newest(others); ok {
		return p, strings.TrimPrefix(p.Type, "root-"), nil
	}
	if slices.ContainsFunc(used, func(p Partition) bool { return strings.HasPrefix(p.Type, "usr-") }) {
		return root, "", ErrNoRoot // it is made at each boot, anew
	}
	generic := slices.DeleteFunc(slices.Clone(used), func(p Partition) bool { return p.Type != "linux-generic" })
	switch len(generic) {
	case 0:
		return root, "", ErrNoRoot
	case 1:
		return generic[0], "", nil
	}
	return root, "", ErrManyRoots
}

// signed says whether there are signatures for the data of an architecture's partitions. Who made them wants them to be
// checked.
func signed(used []Partition, arch string) bool {
	return slices.ContainsFunc(used, func(p Partition) bool {
		return p.Type == "root-"+arch+"-verity-sig" || p.Type == "usr-"+arch+"-verity-sig"
	})
}

// pick is the partition of a type that counts: of those with the system's files the newest, by their labels, else the
// first.
func pick(used []Partition, kind string) (Partition, bool) {
	list := slices.DeleteFunc(slices.Clone(used), func(p Partition) bool { return p.Type != kind })
	if len(list) > 0 && !strings.HasPrefix(kind, "root-") && !strings.HasPrefix(kind, "usr-") {
		return list[0], true
	}
	return newest(list)
}

// newest is the first of the partitions whose label has the highest version.
func newest(list []Partition) (best Partition, ok bool) {
	for _, p := range list {
		if !ok || version.Compare(best.Label, p.Label) < 0 {
			best, ok = p, true
		}
	}
	return best, ok
}

// disjoint refuses partitions that have bytes in common: two file systems would write over each other.
func disjoint(places []Place) error {
	for i, a := range places {
		for _, b := range places[:i] {
			if a.Start < b.Start+b.Size && b.Start < a.Start+a.Size {
				return ErrOverlap
			}
		}
	}
	return nil
}
