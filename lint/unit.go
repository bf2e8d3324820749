package lint

import (
	"path"
	"slices"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitfile"
)

// This file has the rules about files, [Unit] and [Install].

func fileMode(s *Subject) []Finding {
	if s.Mode == 0 || s.Mode.Perm()&0o133 == 0 && s.Mode.Perm()&0o444 == 0o444 {
		return nil
	}
	return []Finding{{Message: "the file's mode is 0" + octal(uint32(s.Mode.Perm())), Chmod: 0o644}}
}

func octal(mode uint32) string {
	return string([]byte{'0' + byte(mode>>6&7), '0' + byte(mode>>3&7), '0' + byte(mode&7)})
}

func filePlace(s *Subject) []Finding {
	dir := path.Dir(s.File.Path)
	if !s.Vendor || !strings.HasPrefix(dir, "/etc/") && !strings.HasPrefix(dir, "/run/") {
		return nil
	}
	return []Finding{{Message: "a package's unit file lies in " + dir}}
}

func noDescription(s *Subject) []Finding {
	if !s.isFragment() || s.Unit.Load != model.LoadLoaded || s.Unit.Description != s.Unit.Name {
		return nil
	}
	for range s.each("Unit", "Description") {
		return nil // the name itself, on purpose
	}
	return []Finding{{Pos: unitfile.Pos{Line: 1}, Message: s.Unit.Name + " has no description"}}
}

func redundantNames(s *Subject) (found []Finding) {
	for i, l := range s.each("Unit", "Names") {
		found = append(found, Finding{Pos: l.Pos, Message: "Names= does nothing", Fix: []Edit{{Line: i}}})
	}
	return found
}

// runlevels are what the numbered targets stand for.
var runlevels = []string{"poweroff", "rescue", "multi-user", "multi-user", "multi-user", "graphical", "reboot"}

// modern is the target that a runlevel's target stands for; others are themselves.
func modern(name string) string {
	level, ok := strings.CutPrefix(name, "runlevel")
	level, isTarget := strings.CutSuffix(level, ".target")
	if ok && isTarget && len(level) == 1 && level[0] >= '0' && level[0] <= '6' {
		return runlevels[level[0]-'0'] + ".target"
	}
	return name
}

// references are the keys whose values are lists of units.
var references = []string{"Requires", "Requisite", "Wants", "BindsTo", "PartOf", "Upholds", "Conflicts",
	"Before", "After", "OnFailure", "OnSuccess", "PropagatesReloadTo", "ReloadPropagatedFrom",
	"PropagatesStopTo", "StopPropagatedFrom", "WantedBy", "RequiredBy", "UpheldBy", "Also"}

func legacyRunlevel(s *Subject) (found []Finding) {
	for i, l := range s.each("", references...) {
		for at, word := range wordsOf(l.Value) {
			if modern(word) != word {
				found = append(found, Finding{Pos: l.At(at), Message: word + " is " + modern(word),
					Fix: rewrite(i, l, l.Key, replaced(l.Value, modern))})
			}
		}
	}
	return found
}

func obsoleteTarget(s *Subject) (found []Finding) {
	gone := func(word string) bool { return word == "syslog.target" || word == "dbus.target" }
	for i, l := range s.each("Unit", references...) {
		for at, word := range wordsOf(l.Value) {
			if gone(word) {
				found = append(found, Finding{Pos: l.At(at), Message: word + " has no meaning any more",
					Fix: without(i, l, gone)})
			}
		}
	}
	return found
}

// ordered says whether a unit's own files and rules order it with another one.
func ordered(u *model.Unit, name string) bool {
	return slices.ContainsFunc(u.Edges, func(e model.Edge) bool {
		return e.Unit == name && (e.Kind == model.After || e.Kind == model.Before)
	})
}

// ordersItself says whether what is required orders itself before those that require it.
func ordersItself(u *model.Unit, name string) bool {
	stem, suffix := name[:strings.LastIndexByte(name, '.')], path.Ext(name)
	return suffix == ".slice" || suffix == ".socket" && stem == strings.TrimSuffix(u.Name, ".service")
}

func requirementWithoutOrder(s *Subject) (found []Finding) {
	if s.Unit.Type == model.TypeTarget && s.Unit.UnitSection.DefaultDependencies {
		return nil // targets are ordered after what they require
	}
	for _, e := range s.Unit.Edges {
		hard := e.Kind == model.Requires || e.Kind == model.Requisite || e.Kind == model.BindsTo
		if !hard || e.Origin.Implied != model.FromFile || e.Origin.Path != s.File.Path || e.Origin.Line == 0 ||
			ordered(s.Unit, e.Unit) || !strings.Contains(e.Unit, ".") || ordersItself(s.Unit, e.Unit) {
			continue
		}
		found = append(found, Finding{Pos: unitfile.Pos{Line: int(e.Origin.Line)},
			Message: e.Kind.String() + "=" + e.Unit + " does not order the start after it"})
	}
	return found
}

func networkOnline(s *Subject) (found []Finding) {
	const target = "network-online.target"
	if slices.ContainsFunc(s.Unit.Edges, func(e model.Edge) bool {
		return e.Unit == target && e.Kind != model.After && e.Kind != model.Before
	}) {
		return nil
	}
	for i, l := range s.each("Unit", "After") {
		for at, word := range wordsOf(l.Value) {
			if word == target {
				found = append(found, Finding{Pos: l.At(at), Message: "nothing pulls " + target + " in",
					Fix: []Edit{{Line: i, After: true, Text: "Wants=" + target + end(l)}}})
			}
		}
	}
	return found
}
