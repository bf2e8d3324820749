package condition

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/steward-init/steward/syntax/glob"
)

// maxPatterns bounds what the braces of a pattern stand for.
const maxPatterns = 1024

// globExists looks for what glob(7) and its braces mean: a leading dot is matched by a dot only, and [!…] negates.
func globExists(_ *Checker, pattern string) (bool, error) {
	for _, p := range expand([]string{pattern}) {
		if found("/", strings.Split(strings.TrimPrefix(p, "/"), "/")) {
			return true, nil
		}
	}
	return false, nil
}

// expand replaces a pattern with braces by those it stands for. What can't be expanded stays as it is.
func expand(patterns []string) []string {
	for i := 0; i < len(patterns); {
		alternatives := unbrace(patterns[i])
		if len(alternatives) == 0 || len(patterns)+len(alternatives) > maxPatterns {
			i++
			continue
		}
		patterns[i] = alternatives[0]
		patterns = append(patterns, alternatives[1:]...)
	}
	return patterns
}

// unbrace expands the first braces of a pattern, nil where there are none. "{}" means itself.
func unbrace(pattern string) []string {
	open, depth := -1, 0
	var cuts []int // the brace, the commas between its alternatives, and the end
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case c == '{' && open < 0 && !strings.HasPrefix(pattern[i:], "{}"):
			open, depth, cuts = i, 1, []int{i}
		case open < 0:
		case c == '{':
			depth++
		case c == ',' && depth == 1:
			cuts = append(cuts, i)
		case c == '}':
			if depth--; depth == 0 {
				return join(pattern, append(cuts, i))
			}
		}
	}
	return nil
}

// join puts each alternative between what stands before and after its braces.
func join(pattern string, cuts []int) []string {
	var all []string
	last := cuts[len(cuts)-1]
	for i, cut := range cuts[:len(cuts)-1] {
		all = append(all, pattern[:cuts[0]]+pattern[cut+1:cuts[i+1]]+pattern[last+1:])
	}
	return all
}

// found reports that anything below a directory matches the components of a pattern.
func found(dir string, parts []string) bool {
	for i, part := range parts {
		if !strings.ContainsAny(part, `*?[\`) {
			dir = filepath.Join(dir, part)
			continue
		}
		entries, _ := os.ReadDir(dir) // best effort: what can't be read matches nothing
		for _, entry := range entries {
			name := entry.Name()
			isHidden := name[0] == '.' && part[0] != '.' && !strings.HasPrefix(part, `\.`)
			if !isHidden && glob.Match(part, name) && found(filepath.Join(dir, name), parts[i+1:]) {
				return true
			}
		}
		return false
	}
	_, err := os.Lstat(dir)
	return err == nil
}
