package tmpfiles

import (
	"github.com/steward-init/steward/syntax/span"
)

// Item is what one line wants, ready to be done.
type Item struct {
	Kind    Kind
	Plus    bool // append, or replace what is there
	MayFail bool // a failure to create it is none of the whole
	Replace bool // what is of the wrong type gives way, also above it
	Path    string
	Mode    Mode
	User    Owner
	Group   Owner
	Age     Age

	Content    []byte // f, F, w: what to write; L: the target; C: the source, inside the root
	HasContent bool
	Device     Device      // c, b
	Xattrs     []NameValue // t, T
	ACL        ACLText     // a, A
	Attributes Attributes  // h, H
	Position   Position
}

// Position is a place in a configuration file. Lines count from 1.
type Position struct {
	File string
	Line int
}

// Mode is the field of that name.
type Mode struct {
	Bits       uint32
	Set        bool // otherwise Bits is the default for what is created
	Masked     bool // "~": bits that nobody has are taken off
	OnlyCreate bool // ":": not for what exists
}

// Owner is a user or a group. OnlyCreate is as in Mode.
type Owner struct {
	ID         uint32
	Set        bool
	OnlyCreate bool
}

// Age is the field of that name: from when on things are cleaned up, by which timestamps.
type Age struct {
	Span           span.Span
	Set            bool
	KeepFirstLevel bool      // "~"
	Files, Dirs    Timestamp // which timestamps count
}

// Timestamp is a set of a file's times.
type Timestamp uint8

// The times.
const (
	AccessTime Timestamp = 1 << iota
	BirthTime
	ChangeTime
	ModifyTime
)

// Device is a device node's number.
type Device struct{ Major, Minor uint32 }

// NameValue is an extended attribute to set.
type NameValue struct{ Name, Value string }

// conflicts says whether two items of one path can't both be done.
func (i *Item) conflicts(other *Item) bool {
	switch {
	case !i.Kind.Owns() || !other.Kind.Owns():
		return false
	case i.Kind == Write && other.Kind == Write && i.Plus && other.Plus:
		return false // both append
	}
	same := i.HasContent == other.HasContent && string(i.Content) == string(other.Content) &&
		i.Mode == other.Mode && i.User == other.User && i.Group == other.Group && i.Age == other.Age &&
		i.Device == other.Device
	return !same
}
