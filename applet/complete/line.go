package complete

import "strings"

// split takes a line of a shell apart into the words of its last command, as far as it is written. raw is the last word
// as it stands there, with its quotes, and open the quote that has no end yet, or 0.
func split(line string) (words []string, raw string, open byte) {
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
		return append(words, ""), "", 0
	}
	return append(words, word.String()), line[start:], quoted
}

// unquote is a word, or its beginning, without its quotes.
func unquote(raw string) string {
	words, _, _ := split(raw)
	return words[0]
}

// special are the characters that mean something to a shell: outside of quotes, and behind each quote.
var special = map[byte]string{0: "\\ \t'\"`$&|;<>()*?[]{}!#~", '"': "\\\"`$", '\'': "'"}

// quote makes a word that the shell leaves alone, behind a quote that is open already or none. Those of ours hold
// little that it would not.
func quote(word string, open byte) string {
	var b strings.Builder
	for i := range len(word) {
		switch {
		case strings.IndexByte(special[open], word[i]) < 0:
		case open == '\'':
			b.WriteString(`'\'`)
		default:
			b.WriteByte('\\')
		}
		b.WriteByte(word[i])
	}
	return b.String()
}
