package ingest

import (
	"bytes"
	"encoding/binary"
)

// Native is the fields of an entry in the journal's own protocol, which sd_journal_send(3) writes: lines NAME=value, or
// NAME alone, then the value's length in eight bytes, little-endian, the value, and a newline. Fields that a program
// may not give are left out; nil is returned for an entry without any. Valid until the next call of any method, and
// as long as the datagram is.
func (c *Composer) Native(datagram []byte, p *Process) [][]byte {
	c.begin()
	c.text("_TRANSPORT=", "journal")
	c.process(p)
	own := len(c.fields)
	for len(datagram) > 0 && len(c.fields) < maxFields {
		end := bytes.IndexByte(datagram, '\n')
		if end < 0 {
			end = len(datagram)
		}
		line, rest := datagram[:end], datagram[min(end+1, len(datagram)):]
		switch {
		case len(line) == 0:
			if len(c.fields) > own {
				return c.fields // a datagram may hold several entries, which nobody has been seen to send
			}
		case bytes.IndexByte(line, '=') >= 0:
			c.given(line)
		default:
			var ok bool
			if rest, ok = c.long(line, rest); !ok {
				rest = nil
			}
		}
		datagram = rest
	}
	if len(c.fields) == own {
		return nil
	}
	return c.fields
}

// long reads a field whose value comes with its length.
func (c *Composer) long(name, rest []byte) ([]byte, bool) {
	if len(rest) < 8 {
		return nil, false
	}
	n := binary.LittleEndian.Uint64(rest)
	rest = rest[8:]
	if n > uint64(len(rest)) {
		return nil, false
	}
	start := len(c.arena)
	c.arena = append(append(append(c.arena, name...), '='), rest[:n]...)
	if validName(string(c.arena[start:min(len(c.arena), start+66)])) {
		c.field(start)
	}
	rest = rest[n:]
	if len(rest) > 0 && rest[0] == '\n' {
		rest = rest[1:]
	}
	return rest, true
}

func (c *Composer) given(line []byte) {
	if validName(string(line[:min(len(line), 66)])) {
		start := len(c.arena)
		c.arena = append(c.arena, line...)
		c.field(start)
	}
}
