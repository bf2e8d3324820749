package apply

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/syntax/glob"
	"github.com/steward-init/steward/tmpfiles"
)

// Bounds of what a pattern may mean.
const (
	maxBraces  = 1024    // patterns that braces are short for
	maxMatches = 1 << 20 // paths
)

// matches does something for each path that an item's pattern matches. It goes on after errors.
func (a *Applier) matches(i *tmpfiles.Item, do func(p string) error) error {
	list, err := a.glob(i.Path)
	if err != nil {
		return a.fail(err, "glob(%s) failed: %s", a.show(i.Path))
	}
	var first error
	for _, p := range list {
		keep(&first, do(p))
	}
	return first
}

// glob lists the paths inside the root that a pattern matches, sorted but for braces, as glob(7) has it. No match is an
// empty list.
func (a *Applier) glob(pattern string) ([]string, error) {
	var all []string
	for _, p := range braces(pattern) {
		list, err := a.globOne(p)
		if err != nil {
			return nil, err
		}
		if all = append(all, list...); len(all) > maxMatches {
			return nil, unix.ENOMEM
		}
	}
	return all, nil
}

func (a *Applier) globOne(pattern string) ([]string, error) {
	if !strings.ContainsAny(pattern, `*?[\`) {
		return a.there([]string{pattern}), nil
	}
	found := []string{""}
	rest := strings.TrimPrefix(pattern, "/")
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		if !strings.ContainsAny(part, "*?[") {
			for n := range found {
				found[n] += "/" + unescape(part)
			}
			continue
		}
		var next []string
		for _, dir := range found {
			names, err := a.Root.ReadDir(dir)
			if err != nil {
				continue // what can't be read matches nothing
			}
			for _, e := range names {
				if name := e.Name(); glob.Match(part, name) && (name[0] != '.' || part[0] == '.') {
					next = append(next, dir+"/"+name)
				}
			}
		}
		if found = next; len(found) > maxMatches {
			return nil, unix.ENOMEM
		}
	}
	return a.there(found), nil
}

// there leaves only paths that exist.
func (a *Applier) there(list []string) []string {
	var found []string
	for _, p := range list {
		if _, err := a.Root.Lstat(p); !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTDIR) {
			found = append(found, p)
		}
	}
	return found
}

// unescape takes away the backslashes of a component without wildcards.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// braces writes out "{a,b}", which may be nested. What is not closed stays as it is.
func braces(pattern string) []string {
	list := []string{pattern}
	for at := 0; at < len(list) && len(list) < maxBraces; {
		before, options, after, ok := brace(list[at])
		if !ok {
			at++
			continue
		}
		var written []string
		for _, o := range options {
			written = append(written, before+o+after)
		}
		list = append(list[:at:at], append(written, list[at+1:]...)...)
	}
	return list
}

// brace finds the first pair of braces.
func brace(s string) (before string, options []string, after string, ok bool) {
	open, depth, start := -1, 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '{':
			if depth++; depth == 1 {
				open, start, options = i, i+1, nil
			}
		case ',':
			if depth == 1 {
				options, start = append(options, s[start:i]), i+1
			}
		case '}':
			if depth--; depth == 0 {
				return s[:open], append(options, s[start:i]), s[i+1:], true
			}
			depth = max(depth, 0)
		}
	}
	return "", nil, "", false
}

// matchPath says whether a pattern matches a whole path, as fnmatch(3) does with FNM_PATHNAME and FNM_PERIOD.
func matchPath(pattern, p string) bool {
	for {
		part, rest, more := strings.Cut(pattern, "/")
		name, below, deeper := strings.Cut(p, "/")
		hidden := strings.HasPrefix(name, ".") && !strings.HasPrefix(part, ".")
		if more != deeper || hidden || !glob.Match(part, name) {
			return false
		}
		if !more {
			return true
		}
		pattern, p = rest, below
	}
}
