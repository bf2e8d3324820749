package load

import (
	"slices"
	"strings"
)

// ConfFiles lists the files with a suffix in several directories, as configuration is merged everywhere in systemd:
// sorted by file name, of those with one name only that of the first directory, and none where that is a symlink to
// /dev/null. Directories that don't exist are skipped.
func ConfFiles(files Files, dirs []string, suffix string) []string {
	taken := map[string]string{}
	var names []string
	for _, dir := range dirs {
		real, stat, err := Resolve(files, dir)
		if err != nil || stat.Kind != Directory {
			continue
		}
		entries, err := files.ReadDir(real)
		if err != nil {
			continue // what can't be read can't configure anything
		}
		for _, e := range entries[:min(len(entries), maxEntries)] {
			if e.Kind == Directory || !strings.HasSuffix(e.Name, suffix) || strings.HasPrefix(e.Name, ".") {
				continue
			}
			if _, ok := taken[e.Name]; ok {
				continue
			}
			taken[e.Name] = dir + "/" + e.Name
			names = append(names, e.Name)
		}
	}
	slices.Sort(names)
	var paths []string
	for _, name := range names {
		if _, stat, err := Resolve(files, taken[name]); err == nil && stat.Kind == Regular {
			paths = append(paths, taken[name])
		}
	}
	return paths
}
