package tmpfiles

import "strings"

// ACLTag says whom an entry of an access control list is for, as the kernel numbers them, acl(5).
type ACLTag uint16

// The tags, in the order in which the kernel wants entries.
const (
	ACLUserOwner  ACLTag = 0x01
	ACLUser       ACLTag = 0x02
	ACLGroupOwner ACLTag = 0x04
	ACLGroup      ACLTag = 0x08
	ACLMask       ACLTag = 0x10
	ACLOther      ACLTag = 0x20
)

// ACLEntry is one entry. ID is for the named ones only. Permissions are 4 read, 2 write, 1 execute.
type ACLEntry struct {
	Tag         ACLTag
	Permissions uint16
	ID          uint32
}

// ACLText is the argument of a lines: entries for the access list and for the default one.
type ACLText struct{ Access, Default []ACLEntry }

// ParseACL reads a list of entries in the long form of acl(5), separated by commas; those of the default list begin
// with "default:" or "d:".
func ParseACL(s string, user, group func(string) (uint32, error)) (ACLText, error) {
	var acl ACLText
	for part := range strings.SplitSeq(s, ",") {
		list := &acl.Access
		for _, prefix := range []string{"default:", "d:"} {
			if rest, ok := strings.CutPrefix(part, prefix); ok {
				part, list = rest, &acl.Default
				break
			}
		}
		for word := range strings.FieldsSeq(part) {
			entry, err := parseACLEntry(word, user, group)
			if err != nil {
				return ACLText{}, err
			}
			*list = append(*list, entry)
		}
	}
	return acl, nil
}

func parseACLEntry(s string, user, group func(string) (uint32, error)) (e ACLEntry, err error) {
	tag, rest, ok := strings.Cut(s, ":")
	if !ok {
		return e, errInvalid
	}
	name, permissions, two := strings.Cut(rest, ":")
	if !two {
		name, permissions = "", rest
	}
	lookup := user
	switch tag {
	case "user", "u":
		e.Tag = ACLUserOwner
	case "group", "g":
		e.Tag, lookup = ACLGroupOwner, group
	case "mask", "m":
		e.Tag, lookup = ACLMask, nil
	case "other", "o":
		e.Tag, lookup = ACLOther, nil
	default:
		return e, errInvalid
	}
	if lookup != nil && !two || lookup == nil && name != "" {
		return e, errInvalid
	}
	if name != "" {
		e.Tag <<= 1 // the named kind
		if e.ID, err = lookup(name); err != nil {
			return e, errInvalid
		}
	}
	e.Permissions, err = parsePermissions(permissions)
	return e, err
}

func parsePermissions(s string) (bits uint16, err error) {
	if s == "" {
		return 0, errInvalid
	}
	for _, c := range []byte(s) {
		n := strings.IndexByte("xwr", c)
		switch {
		case c == '-':
			continue
		case n < 0 || bits&(1<<n) != 0:
			return 0, errInvalid
		}
		bits |= 1 << n
	}
	return bits, nil
}
