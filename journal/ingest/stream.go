package ingest

import "bytes"

// LineMax is how many bytes of a line are one entry; a longer line becomes several (journald.conf(5), LineMax=).
const LineMax = 48 << 10

// keepBytes is how much buffer a stream keeps between its lines.
const keepBytes = 512

// Break says how a line ended when not by a newline (systemd.journal-fields(7), _LINE_BREAK=).
type Break uint8

const (
	// Newline is the normal end.
	Newline Break = iota
	// Nul is a NUL byte.
	Nul
	// Full is LineMax reached.
	Full
	// EOF is the end of the stream.
	EOF
	// PIDChange is another process that went on writing.
	PIDChange
)

// Line is one entry's text, valid until the function that got it returns.
type Line struct {
	Text  []byte
	Level uint8 // 0 emergency … 7 debug
	Break Break
	PID   int // who wrote it, 0 if that is not known
}

// Stream splits one standard output into lines. Its zero value is a stream at level 0, so set Level. It holds at most
// LineMax bytes.
type Stream struct {
	// Level of lines without a prefix (SyslogLevel=), 0 to 7.
	Level uint8
	// Prefix: a line may begin with <N>, its own level (SyslogLevelPrefix=).
	Prefix bool

	pid     int
	partial []byte
}

// Feed takes the next bytes, which pid wrote (0 if that is not known), and calls emit for each line that is complete.
func (s *Stream) Feed(pid int, chunk []byte, emit func(Line)) {
	if pid != 0 && s.pid != 0 && pid != s.pid {
		s.rest(PIDChange, emit)
	}
	if pid != 0 {
		s.pid = pid
	}
	for len(chunk) > 0 {
		room := LineMax - len(s.partial)
		scan := chunk[:min(room, len(chunk))]
		end, brk := separator(scan)
		switch {
		case end >= 0:
			s.line(chunk[:end], brk, emit)
			chunk = chunk[end+1:]
		case len(chunk) >= room:
			s.line(scan, Full, emit)
			chunk = chunk[room:]
		default:
			s.partial = append(s.partial, chunk...)
			return
		}
	}
}

// End is the end of the stream: what is left is a line too.
func (s *Stream) End(emit func(Line)) { s.rest(EOF, emit) }

func (s *Stream) rest(b Break, emit func(Line)) {
	if len(s.partial) > 0 {
		s.line(nil, b, emit)
	}
}

// separator finds the first newline or NUL.
func separator(p []byte) (int, Break) {
	end, brk := bytes.IndexByte(p, '\n'), Newline
	if end >= 0 {
		p = p[:end]
	}
	if i := bytes.IndexByte(p, 0); i >= 0 {
		end, brk = i, Nul
	}
	return end, brk
}

// line emits what was kept and tail as one line. White space at its end is not part of it, unless it is all that there
// is, and an empty line is none.
func (s *Stream) line(tail []byte, b Break, emit func(Line)) {
	text := tail
	if len(s.partial) > 0 {
		s.partial = append(s.partial, tail...)
		text = s.partial
	}
	l := Line{Level: s.Level, Break: b, PID: s.pid}
	if trimmed := bytes.TrimRight(text, " \t\r\n"); len(trimmed) > 0 {
		text = trimmed
	}
	if s.Prefix {
		l.Level, text = prefix(l.Level, text)
	}
	if len(text) > 0 {
		l.Text = text
		emit(l)
	}
	s.partial = s.partial[:0]
	if cap(s.partial) > keepBytes {
		s.partial = nil
	}
}

// prefix reads <N> at the start of a line (sd-daemon(3)): a level from 0 to 7 in up to three digits. Anything else is
// text.
func prefix(level uint8, text []byte) (uint8, []byte) {
	if len(text) < 3 || text[0] != '<' {
		return level, text
	}
	n := 0
	for i, c := range text[1:min(5, len(text))] {
		if c == '>' && i > 0 {
			if n > 7 {
				return level, text
			}
			return uint8(n), text[i+2:]
		}
		if c < '0' || c > '9' {
			return level, text
		}
		n = n*10 + int(c-'0')
	}
	return level, text
}
