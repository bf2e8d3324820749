package tmpfiles

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/steward-init/steward/syntax/words"
)

// noBase64 is what the message calls the arguments that can't be Base64.
var noBase64 = map[Kind]string{
	Symlink: "symlink targets", Copy: "copy sources",
	CharDevice: "device node creation", BlockDevice: "device node creation",
	Xattr: "extended attributes", XattrAll: "extended attributes",
	ACL: "ACLs", ACLAll: "ACLs",
	Attribute: "file attributes", AttributeAll: "file attributes",
}

// typed checks the kind, and the argument as far as the kind says how to read it.
func (r *Reader) typed(i *Item, l *Line) error {
	switch {
	case !l.Kind.in(kinds):
		return r.wrong("Unknown command type '%c'.", rune(l.Kind))
	case l.Kind.in(noArgument):
		if l.Argument != "" {
			r.tell(Warning, "%c lines don't take argument fields, ignoring.", rune(l.Kind))
		}
	case l.Kind.in(ownSyntax) && l.Base64:
		return r.wrong("base64 decoding not supported for %s.", noBase64[l.Kind])
	}
	needs := ""
	switch l.Kind {
	case Write:
		needs = "Write file requires argument."
	case CharDevice, BlockDevice:
		needs = "Device file requires argument."
	case Xattr, XattrAll:
		needs = "Set extended attribute requires argument."
	case ACL, ACLAll:
		needs = "Set ACLs requires argument."
	case Attribute, AttributeAll:
		needs = "Set file attribute requires argument."
	}
	switch {
	case needs != "" && l.Argument == "":
		return r.wrong("%s", needs)
	case needs != "":
		return r.read(i, l.Argument)
	}
	return nil
}

// read reads the arguments that have a syntax of their own.
func (r *Reader) read(i *Item, argument string) error {
	switch i.Kind {
	case CharDevice, BlockDevice:
		device, err := ParseDevice(argument)
		if err != nil {
			return r.wrong("Can't parse device file major/minor '%s'.", argument)
		}
		i.Device = device
	case Xattr, XattrAll:
		i.Xattrs = r.xattrs(argument)
	case ACL, ACLAll:
		acl, err := ParseACL(argument, r.World.user, r.World.group)
		if err != nil {
			r.warn("Failed to parse ACL \"%s\": %v. Ignoring", argument, err)
		}
		i.ACL = acl
	case Attribute, AttributeAll:
		attributes, err := ParseAttributes(argument, i.Path)
		if err != nil {
			r.Log(Message{Level: Error, Text: err.Error()})
			r.Invalid = true
			return errLine
		}
		i.Attributes = attributes
	}
	return nil
}

// warn tells something without its position, as the original does in these places.
func (r *Reader) warn(format string, args ...any) {
	r.Log(Message{Level: Warning, Text: fmt.Sprintf(format, args...)})
}

// ParseDevice reads a device number, "major:minor".
func ParseDevice(s string) (Device, error) {
	const majorBits, minorBits = 12, 20
	a, b, ok := strings.Cut(s, ":")
	major, majorErr := strconv.ParseUint(a, 10, majorBits)
	minor, minorErr := strconv.ParseUint(b, 10, minorBits)
	if !ok || majorErr != nil || minorErr != nil {
		return Device{}, errInvalid
	}
	return Device{uint32(major), uint32(minor)}, nil
}

// xattrs reads "name=value" words. What is wrong with one does no harm to the others.
func (r *Reader) xattrs(argument string) (list []NameValue) {
	assignments, rest, err := leading(argument)
	for _, a := range assignments {
		name, value, ok := strings.Cut(a, "=")
		switch {
		case !ok:
			r.warn("Failed to parse extended attribute, ignoring: %s", a)
		case name == "" || value == "":
			r.warn("Malformed extended attribute found, ignoring: %s", a)
		default:
			list = append(list, NameValue{name, value})
		}
	}
	if err != nil {
		r.warn("Failed to parse extended attribute '%s', ignoring: %v", rest, errInvalid)
	}
	return list
}

// leading splits words; where one is wrong, it returns those in front of it, and what is left behind the fault.
func leading(s string) (list []string, rest string, err error) {
	list, err = words.Split(s)
	var wrong *words.Error
	if !errors.As(err, &wrong) || wrong.Offset < 0 || wrong.Offset >= len(s) {
		return list, "", err
	}
	if s[wrong.Offset] == '\\' {
		rest = s[wrong.Offset+1:]
	}
	for at := wrong.Offset; at > 0; {
		at = strings.LastIndexAny(s[:at], whitespace)
		if at < 0 {
			break
		}
		if list, splitErr := words.Split(s[:at]); splitErr == nil {
			return list, rest, err
		}
	}
	return nil, rest, err
}

// attributeBits are the letters of chattr(1) that may be set, with the bits of FS_IOC_SETFLAGS.
var attributeBits = [...]struct {
	letter byte
	bit    uint32
}{
	{'a', 0x20}, {'A', 0x80}, {'c', 0x4}, {'C', 0x800000}, {'d', 0x40}, {'D', 0x10000}, {'e', 0x80000}, {'i', 0x10},
	{'j', 0x4000}, {'P', 0x20000000}, {'s', 0x1}, {'S', 0x8}, {'t', 0x8000}, {'T', 0x20000}, {'u', 0x2},
}

// Attributes are file attributes of chattr(1): those in Mask are to be as in Value.
type Attributes struct{ Value, Mask uint32 }

// ParseAttributes reads the argument of h lines, for a path that its errors name.
func ParseAttributes(s, path string) (Attributes, error) {
	how := byte('+')
	if s != "" && strings.IndexByte("+-=", s[0]) >= 0 {
		how, s = s[0], s[1:]
	}
	if s == "" && how != '=' {
		return Attributes{}, fmt.Errorf("Setting file attribute on '%s' needs an attribute specification.", path)
	}
	var bits, all uint32
	for _, b := range attributeBits {
		all |= b.bit
	}
	for _, c := range []byte(s) {
		bit := attributeBit(c)
		if bit == 0 {
			return Attributes{}, fmt.Errorf("Unknown file attribute '%c' on '%s'.", c, path)
		}
		bits |= bit
	}
	switch how {
	case '-':
		return Attributes{Value: 0, Mask: bits}, nil
	case '=':
		return Attributes{Value: bits, Mask: all}, nil
	}
	return Attributes{Value: bits, Mask: bits}, nil
}

func attributeBit(letter byte) uint32 {
	for _, b := range attributeBits {
		if b.letter == letter {
			return b.bit
		}
	}
	return 0
}

// errors of Base64 with the texts of ENAMETOOLONG and EPIPE, which the original ends its message in.
var (
	errTrailing  = errors.New("File name too long")
	errTruncated = errors.New("Broken pipe")
)

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// decodeBase64 reads Base64 with padding; white space may stand anywhere.
func decodeBase64(text []byte) ([]byte, error) {
	out := make([]byte, 0, len(text)/4*3)
	var group [4]byte
	n, pad := 0, 0
	for _, c := range text {
		d := strings.IndexByte(base64Digits, c)
		switch {
		case strings.IndexByte(whitespace, c) >= 0:
			continue
		case pad > 0 && n == 0:
			return nil, errTrailing
		case c == '=' && n >= 2:
			pad++
			d = 0
		case d < 0 || pad > 0:
			return nil, errInvalid
		}
		group[n] = byte(d)
		if n++; n < 4 {
			continue
		}
		if pad == 2 && group[1]&0xF != 0 || pad == 1 && group[2]&3 != 0 {
			return nil, errInvalid
		}
		whole := [3]byte{group[0]<<2 | group[1]>>4, group[1]<<4 | group[2]>>2, group[2]<<6 | group[3]}
		out, n = append(out, whole[:3-pad]...), 0
	}
	if n != 0 {
		return nil, errTruncated
	}
	return out, nil
}
