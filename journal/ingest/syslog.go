package ingest

import (
	"bytes"
	"strconv"
)

// Syslog is the fields of a datagram that came to /dev/log from a process; valid until the next call of any method.
// The format is that of syslog(3): "<30>Nov 21 08:08:10 name[123]: text", of which everything but the text may miss.
func (c *Composer) Syslog(datagram []byte, p *Process) [][]byte {
	level, facility, rest := syslogPriority(bytes.TrimRight(datagram, "\n\x00 "))
	c.begin()
	c.text("_TRANSPORT=", "syslog")
	c.process(p)
	stamp, rest := syslogStamp(rest)
	c.text("SYSLOG_TIMESTAMP=", string(stamp))
	name, pid, text := syslogTag(rest)
	c.text("SYSLOG_IDENTIFIER=", string(name))
	c.text("SYSLOG_PID=", string(pid))
	c.number("SYSLOG_FACILITY=", uint64(facility))
	c.message = append(append(c.message[:0], "MESSAGE="...), text...)
	return append(c.fields, priorities[level&7], c.message)
}

// syslogPriority reads "<30>": facility 3, level 6. Without it a message is of the user's facility and a notice.
func syslogPriority(b []byte) (level, facility uint8, rest []byte) {
	if len(b) > 2 && b[0] == '<' {
		if end := bytes.IndexByte(b[:min(len(b), 6)], '>'); end > 1 {
			if n, err := strconv.ParseUint(string(b[1:end]), 10, 10); err == nil {
				return uint8(n & 7), uint8(n >> 3), b[end+1:]
			}
		}
	}
	return 5, 1, b
}

// syslogStamp reads "Nov 21 08:08:10 ".
func syslogStamp(b []byte) (stamp, rest []byte) {
	const like = "Mmm dd hh:mm:ss "
	if len(b) < len(like) || b[3] != ' ' || b[6] != ' ' || b[9] != ':' || b[12] != ':' || b[15] != ' ' {
		return nil, b
	}
	return b[:len(like)], b[len(like):]
}

// syslogTag reads "name[123]: ", or "name: ".
func syslogTag(b []byte) (name, pid, text []byte) {
	end := bytes.IndexAny(b[:min(len(b), 256)], " \t")
	if end < 1 || b[end-1] != ':' {
		return nil, nil, b
	}
	tag := b[:end-1]
	if open := bytes.LastIndexByte(tag, '['); open > 0 && tag[len(tag)-1] == ']' {
		tag, pid = tag[:open], tag[open+1:len(tag)-1]
	}
	return tag, pid, b[end+1:]
}
