// Package tmpfiles reads tmpfiles.d(5): which files and directories a system wants to have, to clean up and to be rid
// of.
//
// It exists so that a line's meaning is decided in one place, apart from doing it, which tmpfiles/apply does. It must
// not know the file system: what a line's meaning depends on (users, specifiers, credentials) it asks of a World.
package tmpfiles

import "strings"

// Kind is the letter that a line begins with, tmpfiles.d(5) "Type".
type Kind byte

// The kinds of lines.
const (
	File             Kind = 'f'
	TruncatedFile    Kind = 'F' // an old way to write f+
	Write            Kind = 'w'
	Directory        Kind = 'd'
	EmptiedDirectory Kind = 'D'
	ExistingDir      Kind = 'e'
	Subvolume        Kind = 'v'
	SubvolumeInherit Kind = 'q'
	SubvolumeQuota   Kind = 'Q'
	FIFO             Kind = 'p'
	Symlink          Kind = 'L'
	CharDevice       Kind = 'c'
	BlockDevice      Kind = 'b'
	Copy             Kind = 'C'
	Ignore           Kind = 'x'
	IgnoreDirectory  Kind = 'X'
	Remove           Kind = 'r'
	RemoveAll        Kind = 'R'
	Adjust           Kind = 'z'
	AdjustAll        Kind = 'Z'
	AdjustOld        Kind = 'm' // an old way to write z
	Xattr            Kind = 't'
	XattrAll         Kind = 'T'
	Attribute        Kind = 'h'
	AttributeAll     Kind = 'H'
	ACL              Kind = 'a'
	ACLAll           Kind = 'A'
)

// Groups of kinds that are treated alike.
const (
	kinds      = "fFwdDevqQpLcbCxXrRzZmtThHaA"
	globbing   = "wexXrRzZmtThHaA"    // the path may be a pattern
	owning     = "fFwdDevqQpLcbCxXrR" // two of one path must say the same
	noArgument = "dDevqQpxXrRzZm"
	ownSyntax  = "tThHaAcbLC" // the argument is no file's content: Base64 makes no sense
	dirMode    = "dDvqQ"
)

func (k Kind) in(group string) bool { return strings.IndexByte(group, byte(k)) >= 0 }

// Globs says whether a line's path is a pattern.
func (k Kind) Globs() bool { return k.in(globbing) }

// Owns says whether a line decides what the path is, so that two which differ are in conflict.
func (k Kind) Owns() bool { return k.in(owning) }

// IsDirectory says whether a line makes a directory.
func (k Kind) IsDirectory() bool { return k.in(dirMode) }
