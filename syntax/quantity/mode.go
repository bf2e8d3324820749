package quantity

import (
	"strconv"
	"strings"
)

// ParseMode reads file permission bits in octal, "0755".
func ParseMode(s string) (uint32, error) {
	n, err := strconv.ParseUint(strings.TrimLeft(s, whitespace), 8, 32)
	if err != nil {
		return 0, syntaxError(s, "an octal mode such as 0755")
	}
	if n > 0o7777 {
		return 0, rangeError(s, "at most 07777")
	}
	return uint32(n), nil
}

// FormatMode prints permission bits as systemd does, "0755".
func FormatMode(mode uint32) string {
	s := strconv.FormatUint(uint64(mode), 8)
	for len(s) < 4 {
		s = "0" + s
	}
	return s
}

// ValidID says whether n can be a user or group: the two values that mean "none" to the kernel can not.
func ValidID(n uint64) bool { return n < 0xFFFFFFFF && n != 0xFFFF }

// ParseID reads a user or group number; names are not looked up.
func ParseID(s string) (uint32, error) {
	if s == "" || digits(s) != len(s) || len(s) > 1 && s[0] == '0' {
		return 0, syntaxError(s, "a decimal user or group number")
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || !ValidID(n) {
		return 0, rangeError(s, "less than 4294967295 and not 65535")
	}
	return uint32(n), nil
}
