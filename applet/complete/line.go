package complete

import "strings"

// split takes a line of a shell apart into the words of its last command, as far as it is written. raw is the last word
// as it stands there, with its quotes.
func split(line string) (words []string, raw string) {
	var word strings.Builder
	quoted, inWord, start := byte(0), false, len(line)
	end := func(next int) {
		if inWord {
			words = append(words, word.String())
		}
		word.Reset()
		inWord, start = false, next
	}
	for i := 0; i < len(line); i++ {
		b := line[i]
		switch {
		case quoted == 0 && (b == ' ' || b == '\t' || b == '\n'):
			end(i + 1)
			continue
		case b == quoted:
			quoted = 0
		case quoted == 0 && (b == '"' || b == '\''):
			quoted = b
		case b == '\\' && quoted != '\'' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
		default:
			word.WriteByte(b)
		}
		if !inWord {
			inWord, start = true, min(start, i)
		}
	}
	if !inWord {
		return append(words, ""), ""
	}
	return append(words, word.String()), line[start:]
}

// unquote is a word, or its beginning, without its quotes.
func unquote(raw string) string {
	words, _ := split(raw)
	return words[0]
}

// quote makes a word that the shell leaves alone. Those of ours hold little that it would not.
func quote(word string) string {
	var b strings.Builder
	for i := range len(word) {
		if strings.IndexByte("\\ \t'\"`$&|;<>()*?[]{}!#~", word[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(word[i])
	}
	return b.String()
}
