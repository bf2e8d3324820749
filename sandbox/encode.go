package sandbox

import (
	"encoding/binary"
	"errors"
)

// errEncoding says that the executor's input isn't what this version of steward writes.
var errEncoding = errors.New("malformed encoding")

// codec writes a Spec for the executor or reads it back. Both directions are the same list of fields (visit), so that
// they can't differ. Both ends are the same binary, so the encoding has no version.
type codec struct {
	b       []byte
	reading bool
	bad     bool
}

func encode(s *Spec) []byte {
	var c codec
	s.visit(&c)
	return c.b
}

func decode(b []byte) (*Spec, error) {
	c := codec{b: b, reading: true}
	s := new(Spec)
	s.visit(&c)
	if c.bad || len(c.b) != 0 {
		return nil, errEncoding
	}
	return s, nil
}

func (s *Spec) visit(c *codec) {
	text(c, &s.Path)
	list(c, &s.Argv, text)
	list(c, &s.Env, text)
	list(c, &s.PIDEnv, text)
	number(c, &s.Stdin)
	number(c, &s.Stdout)
	number(c, &s.Stderr)
	list(c, &s.Extra, number)
	optional(c, &s.Terminal, func(c *codec, t *Terminal) {
		text(c, &t.Path)
		number(c, &t.Acquire)
		flag(c, &t.Reset)
		flag(c, &t.VHangup)
	})
	flag(c, &s.ControllingTTY)
	number(c, &s.CgroupFD)
	flag(c, &s.SameSession)
	flag(c, &s.KeepSIGPIPE)
	text(c, &s.Root)
	text(c, &s.Dir)
	flag(c, &s.DirOptional)
	optional(c, &s.Credential, func(c *codec, p *Credential) {
		number(c, &p.UID)
		number(c, &p.GID)
		flag(c, &p.SetGroups)
		list(c, &p.Groups, number)
	})
	number(c, &s.Umask)
	optional(c, &s.OOMScoreAdjust, number)
	optional(c, &s.Nice, number)
	optional(c, &s.IOPriority, number)
	optional(c, &s.Scheduler, func(c *codec, p *Scheduler) {
		number(c, &p.Policy)
		number(c, &p.Priority)
		flag(c, &p.ResetOnFork)
	})
	list(c, &s.CPUAffinity, number)
	optional(c, &s.Personality, number)
	number(c, &s.TimerSlackNS)
	list(c, &s.Rlimits, func(c *codec, p *Rlimit) {
		number(c, &p.Resource)
		number(c, &p.Soft)
		number(c, &p.Hard)
	})
	number(c, &s.DropBounding)
	number(c, &s.Ambient)
	number(c, &s.SecureBits)
	flag(c, &s.NoNewPrivileges)
	number(c, &s.Keyring)
}

func number[T ~int | ~uint8 | ~uint32 | ~uint64](c *codec, p *T) {
	if !c.reading {
		c.b = binary.AppendUvarint(c.b, uint64(*p))
		return
	}
	v, n := binary.Uvarint(c.b)
	if n <= 0 || uint64(T(v)) != v {
		c.fail()
		return
	}
	*p, c.b = T(v), c.b[n:]
}

func flag(c *codec, p *bool) {
	v := uint8(0)
	if *p {
		v = 1
	}
	number(c, &v)
	*p = v == 1
}

func text(c *codec, p *string) {
	n := len(*p)
	number(c, &n)
	if !c.reading {
		c.b = append(c.b, *p...)
		return
	}
	if n < 0 || n > len(c.b) {
		c.fail()
		return
	}
	*p, c.b = string(c.b[:n]), c.b[n:]
}

// list visits a slice; an empty one reads back as nil.
func list[T any](c *codec, p *[]T, visit func(*codec, *T)) {
	n := len(*p)
	number(c, &n)
	if c.reading {
		if n < 0 || n > len(c.b) { // each element takes a byte at least
			c.fail()
			return
		}
		if n > 0 {
			*p = make([]T, n)
		}
	}
	for i := range *p {
		visit(c, &(*p)[i])
	}
}

func optional[T any](c *codec, p **T, visit func(*codec, *T)) {
	is := *p != nil
	flag(c, &is)
	if !is {
		return
	}
	if c.reading {
		*p = new(T)
	}
	visit(c, *p)
}

// fail makes everything that follows fail, too.
func (c *codec) fail() {
	c.bad, c.b = true, nil
}
