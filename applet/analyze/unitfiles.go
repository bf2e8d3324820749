package analyze

import (
	"slices"
	"strings"

	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/glob"
)

// searchPath is where the manager of the scope that was asked for finds unit files.
func (s *session) searchPath() load.SearchPath {
	switch s.opt.scope {
	case globalScope:
		return load.Global()
	case userScope:
		return load.Paths(load.User, s.Getenv)
	}
	return load.Paths(load.System, s.Getenv)
}

// unitPaths lists the directories that unit files are loaded from.
func (s *session) unitPaths([]string) (int, error) {
	s.page()
	for _, dir := range s.searchPath().Dirs {
		s.printf("%s\n", dir)
	}
	return 0, nil
}

// unitFiles lists what each name leads to, a file or another name, and which names each file has. They are sorted,
// where the original's order is by chance.
func (s *session) unitFiles(patterns []string) (int, error) {
	s.page()
	root := files.Root("")
	catalog := load.Scan(root, s.searchPath(), nil)
	for _, refused := range catalog.Refused {
		s.warn(refused.Path + ": " + refused.Message)
	}
	matches := func(texts ...string) bool {
		return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool {
			return slices.ContainsFunc(texts, func(text string) bool { return glob.Match(pattern, text) })
		})
	}
	names := catalog.Names()
	for _, name := range names {
		file, _ := catalog.Lookup(name) // the catalog has its own names
		target := file.Path
		if file.Alias != "" {
			target = file.Alias
		}
		if target != "" && matches(name, target) {
			s.printf("ids: %s → %s\n", name, target)
		}
	}
	for _, name := range names {
		found := catalog.Find(name)
		if found.Name != name || found.File.Masked || isEmpty(root, found.File.Path) {
			continue
		}
		all := append([]string{name}, found.Aliases...)
		all = slices.DeleteFunc(all, func(alias string) bool { // instances come from templates too
			_, own := catalog.Lookup(alias)
			return !own
		})
		slices.Sort(all[1:])
		all = slices.Compact(all)
		if matches(all...) {
			s.printf("aliases: %s ← %s\n", name, strings.Join(all, ", "))
		}
	}
	return 0, nil
}

// isEmpty says whether a unit's file is not there or has nothing in it, which masks the unit.
func isEmpty(root load.Files, path string) bool {
	_, stat, err := load.Resolve(root, path)
	return err != nil || stat.Kind != load.Regular || stat.Size == 0
}
