package lint

import (
	"iter"
	"strings"

	"github.com/steward-init/steward/syntax/unitfile"
)

// each yields the assignments of some keys in a section, with their index in the file.
func (s *Subject) each(section string, keys ...string) iter.Seq2[int, *unitfile.Line] {
	return func(yield func(int, *unitfile.Line) bool) {
		for i := range s.File.Lines {
			l := &s.File.Lines[i]
			if l.Kind != unitfile.Assignment || section != "" && l.Section != section {
				continue
			}
			if (len(keys) == 0 || contains(keys, l.Key)) && !yield(i, l) {
				return
			}
		}
	}
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// isFragment says whether the file is the unit's main one.
func (s *Subject) isFragment() bool { return s.Unit.Fragment == s.File.Path }

// words yields the blank-separated words of a line's value with their offsets.
func wordsOf(value string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for start := 0; start < len(value); {
			if value[start] == ' ' || value[start] == '\t' {
				start++
				continue
			}
			end := start
			for end < len(value) && value[end] != ' ' && value[end] != '\t' {
				end++
			}
			if !yield(start, value[start:end]) {
				return
			}
			start = end
		}
	}
}

// end is the line end of a line as it was read, "\n" if it had none.
func end(l *unitfile.Line) string {
	if strings.HasSuffix(l.Raw(), "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// rewrite is an edit that gives a line another value; its continuation lines become one.
func rewrite(i int, l *unitfile.Line, key, value string) []Edit {
	return []Edit{{Line: i, Text: key + "=" + value + end(l)}}
}

// without is an edit that takes a word out of a line's list, and the line with it if nothing is left.
func without(i int, l *unitfile.Line, drop func(word string) bool) []Edit {
	var left []string
	for _, word := range wordsOf(l.Value) {
		if !drop(word) {
			left = append(left, word)
		}
	}
	if len(left) == 0 {
		return []Edit{{Line: i}}
	}
	return rewrite(i, l, l.Key, strings.Join(left, " "))
}

// replaced is a value with each word changed by f.
func replaced(value string, f func(word string) string) string {
	var out []string
	for _, word := range wordsOf(value) {
		out = append(out, f(word))
	}
	return strings.Join(out, " ")
}
