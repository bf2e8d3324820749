package unitfile

import (
	"strings"
	"unicode/utf8"
)

const (
	byteOrderMark = "\ufeff"
	splitIt       = "split the setting over several assignments"
)

// Parse reads a file and keeps everything in it, so that File.Bytes gives data back. The path is only used in
// positions.
func Parse(path string, data []byte) (*File, []Diagnostic) { return parse(path, data, false) }

// ParseLean reads a file for loading: only section headers and assignments are kept, and Line.Raw is empty.
func ParseLean(path string, data []byte) (*File, []Diagnostic) { return parse(path, data, true) }

// parser walks over text once; text is the only copy of the data, and what it hands out are parts of it.
type parser struct {
	file  *File
	found diagnostics
	text  string
	lean  bool
	// oddEnds is set if the text holds line ends other than '\n', so that the common file needs one search per line.
	oddEnds bool
	// sawMark is set once a byte order mark was skipped; the oracle skips one, at the start of whichever line.
	sawMark bool
	section string
	// opened is set by the first header; the name in it may be empty.
	opened bool
	// next is the offset and lineNo the number of the physical line to be read.
	next, lineNo int
}

func parse(path string, data []byte, lean bool) (*File, []Diagnostic) {
	text := string(data)
	p := &parser{file: &File{Path: path}, text: text, lean: lean, lineNo: 1}
	p.oddEnds = strings.IndexByte(text, '\r') >= 0 || strings.IndexByte(text, 0) >= 0
	p.file.Lines = make([]Line, 0, p.estimate())
	for p.next < len(p.text) && !p.file.Refused {
		p.logicalLine()
	}
	if p.next < len(p.text) {
		p.add(Line{Kind: Bad, Section: p.section, Pos: p.pos(p.lineNo, 1), raw: p.text[p.next:]})
	}
	return p.file, p.found
}

// estimate says how many lines to make room for, so that the common file costs one allocation.
func (p *parser) estimate() int {
	if p.lean {
		return min(strings.Count(p.text, "=")+strings.Count(p.text, "["), 256)
	}
	return min(strings.Count(p.text, "\n")+1, 4096)
}

// physicalLine gives the line at p.next without its end, and the offset of the line after it. As the oracle's, an end
// is '\n', '\r' or NUL, or several different ones of these in a row, NUL being the last ("\r\n" and "\n\r" are one
// end).
func (p *parser) physicalLine() (line string, after int) {
	rest := p.text[p.next:]
	if !p.oddEnds {
		if i := strings.IndexByte(rest, '\n'); i >= 0 {
			return rest[:i], p.next + i + 1
		}
		return rest, len(p.text)
	}
	i := strings.IndexAny(rest, "\n\r\x00")
	if i < 0 {
		return rest, len(p.text)
	}
	end, seen := i, ""
	for end < len(rest) && strings.IndexByte("\n\r\x00", rest[end]) >= 0 && !strings.Contains(seen, rest[end:end+1]) {
		seen = rest[i : end+1]
		end++
		if seen[len(seen)-1] == 0 {
			break
		}
	}
	return rest[:i], p.next + end
}

// logicalLine reads one line with its continuations, or one comment or blank line.
func (p *parser) logicalLine() {
	start, firstNo := p.next, p.lineNo
	line, after := p.physicalLine()
	if len(line) >= MaxLine {
		p.refuse(p.pos(p.lineNo, 1), "Line is longer than 1 MiB, refusing the file", splitIt)
		return
	}
	p.next, p.lineNo = after, p.lineNo+1
	if isComment(line) {
		p.add(Line{Kind: Comment, Section: p.section, Pos: p.pos(firstNo, indent(line)+1), raw: p.text[start:after]})
		return
	}
	text, col := p.skipMark(line)
	if !endsEscaped(text) {
		p.interpret(joined{text: text, firstNo: firstNo, col: col}, start)
		return
	}
	p.continued(joined{text: text, firstNo: firstNo, col: col}, start)
}

// continued reads the lines that follow one with a backslash at its end, until one has none.
func (p *parser) continued(j joined, start int) {
	var b strings.Builder
	b.WriteString(j.text[:len(j.text)-1])
	b.WriteByte(' ')
	j.parts = append(j.parts, part{0, int32(j.firstNo), int32(j.col)})
	for p.next < len(p.text) {
		line, after := p.physicalLine()
		if len(line) >= MaxLine || b.Len()+len(line) > MaxLine {
			p.next = start
			lineNo := p.lineNo
			p.lineNo = j.firstNo
			p.refuse(p.pos(lineNo, 1), "Continued line is longer than 1 MiB, refusing the file", splitIt)
			return
		}
		no := p.lineNo
		p.next, p.lineNo = after, no+1
		if isComment(line) {
			continue
		}
		text, col := p.skipMark(line)
		j.parts = append(j.parts, part{int32(b.Len()), int32(no), int32(col)})
		more := endsEscaped(text)
		if more {
			text = text[:len(text)-1]
		}
		b.WriteString(text)
		if !more {
			break
		}
		b.WriteByte(' ')
	}
	j.text = b.String()
	p.interpret(j, start)
}

// joined is a logical line's text before it is trimmed. Its first byte stands at firstNo and col; parts are offsets in
// text.
type joined struct {
	text         string
	firstNo, col int
	parts        []part
}

// interpret decides what a logical line is, in the order in which the oracle does.
func (p *parser) interpret(j joined, start int) {
	at := indent(j.text)
	text := trimEnd(j.text[at:])
	line := Line{Kind: Bad, Section: p.section, raw: p.text[start:p.next]}
	switch {
	case text == "":
		line.Kind = Blank
		line.Pos = p.pos(j.firstNo, j.col)
		p.add(line)
		return
	case len(j.parts) == 0:
		line.Pos = p.pos(j.firstNo, j.col+at)
	default:
		line.Pos = placeOf(j.parts, at, p.file.Path)
	}
	switch {
	case !ValidUTF8(text):
		// Compat: the oracle says that it ignores the assignment, and gives up on the file.
		p.refuse(line.Pos, "Line is not valid UTF-8, refusing the file", "save the file as UTF-8")
	case text[0] == '[':
		p.header(text, &line)
	default:
		p.assignment(j, text, at, &line)
	}
	p.add(line)
}

// header reads "[Name]". A header that cannot be read makes the oracle give up on the file, since it cannot know where
// what follows belongs.
func (p *parser) header(text string, line *Line) {
	name := strings.TrimPrefix(text, "[")
	name, closed := strings.CutSuffix(name, "]")
	switch {
	case !closed:
		p.refuse(line.Pos, "Invalid section header '"+text+"'", "a header is a name in brackets alone on its line")
	case !safe(name):
		p.refuse(line.Pos, "Bad characters in section header '"+text+"'", "")
	default:
		p.section, p.opened = name, true
		line.Kind, line.Section = Section, name
	}
}

// assignment reads "Key=value"; text is j.text trimmed, at is where it begins in it.
func (p *parser) assignment(j joined, text string, at int, line *Line) {
	if !p.opened {
		p.warn(line.Pos, "Assignment outside of section, ignoring it", "put it below a header such as [Unit]")
		return
	}
	key, value, found := strings.Cut(text, "=")
	if !found {
		p.warn(line.Pos, "Missing '=', ignoring line", "")
		return
	}
	if key == "" {
		p.warn(line.Pos, "Missing key name before '=', ignoring line", "")
		return
	}
	offset := at + len(key) + 1 + indent(value)
	line.Kind = Assignment
	line.Key, line.Value = trimEnd(key), value[indent(value):]
	line.valueCol = int32(j.col + offset)
	if len(j.parts) > 0 {
		parts := shift(j.parts, offset)
		line.parts = &parts
	}
}

// shift makes parts of a line into parts of the value that begins at offset in it.
func shift(parts []part, offset int) []part {
	first := 0
	for i, p := range parts {
		if int(p.offset) <= offset {
			first = i
		}
	}
	parts = parts[first:]
	for i := range parts {
		parts[i].offset -= int32(offset)
		if parts[i].offset < 0 {
			parts[i].col -= parts[i].offset
			parts[i].offset = 0
		}
	}
	return parts
}

// placeOf is the position of an offset in a joined line.
func placeOf(parts []part, offset int, path string) Pos {
	at := parts[0]
	for _, p := range parts {
		if int(p.offset) <= offset {
			at = p
		}
	}
	return Pos{File: path, Line: int(at.line), Col: int(at.col) + offset - int(at.offset)}
}

// skipMark drops a byte order mark and says in which column the text then begins.
func (p *parser) skipMark(line string) (text string, col int) {
	if !p.sawMark && len(line) >= 3 && line[0] == byteOrderMark[0] && strings.HasPrefix(line, byteOrderMark) {
		p.sawMark = true
		return line[len(byteOrderMark):], 1 + len(byteOrderMark)
	}
	return line, 1
}

func (p *parser) add(l Line) {
	if p.lean {
		if l.Kind != Section && l.Kind != Assignment {
			return
		}
		l.raw = ""
	}
	p.file.Lines = append(p.file.Lines, l)
}

func (p *parser) pos(line, col int) Pos { return Pos{File: p.file.Path, Line: line, Col: col} }

func (p *parser) warn(at Pos, message, advice string) {
	p.found.add(Diagnostic{Pos: at, Severity: Warning, Message: message, Advice: advice})
}

func (p *parser) refuse(at Pos, message, advice string) {
	p.file.Refused = true
	p.found.add(Diagnostic{Pos: at, Severity: Error, Message: message, Advice: advice})
}

// indent counts the white space that text begins with.
func indent(text string) int {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return i
		}
	}
	return len(text)
}

// trimEnd drops the white space that text ends with.
func trimEnd(text string) string {
	for text != "" {
		if c := text[len(text)-1]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			break
		}
		text = text[:len(text)-1]
	}
	return text
}

func isComment(line string) bool {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ' ', '\t', '\n', '\r':
		case '#', ';':
			return true
		default:
			return false
		}
	}
	return false
}

// endsEscaped says whether text ends in an odd number of backslashes.
func endsEscaped(text string) bool {
	n := 0
	for i := len(text) - 1; i >= 0 && text[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

// safe says whether a section name is free of control characters, quotes and backslashes.
func safe(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\'' || c == '\\' || c == 0x7f {
			return false
		}
	}
	return true
}

// ValidUTF8 says whether s is UTF-8 without the code points that Unicode never assigns, which the oracle refuses too.
func ValidUTF8(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for i := 0; i < len(s); i++ {
		// U+FDD0 to U+FDEF and U+xxFFFE, U+xxFFFF begin with 0xEF or a four byte lead: look closer only then.
		if s[i] >= 0xEF {
			return !strings.ContainsFunc(s[i:], neverAssigned)
		}
	}
	return true
}

func neverAssigned(r rune) bool { return r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE }
