package quantity

import "strings"

// SecureBits is the set of flags of prctl(2) PR_SET_SECUREBITS, capabilities(7).
type SecureBits uint32

// secureBitNames are the words for the flags, by bit number.
var secureBitNames = [...]string{
	"noroot", "noroot-locked", "no-setuid-fixup", "no-setuid-fixup-locked", "keep-caps", "keep-caps-locked",
}

// secureBitOrder is the order in which the oracle prints them.
var secureBitOrder = [...]int{4, 5, 2, 3, 0, 1}

// ParseSecureBit reads one word of SecureBits=.
func ParseSecureBit(s string) (SecureBits, error) {
	for bit, name := range secureBitNames {
		if name == s {
			return 1 << bit, nil
		}
	}
	return 0, syntaxError(s, "one of "+strings.Join(secureBitNames[:], " "))
}

// String prints the words, separated by spaces.
func (b SecureBits) String() string {
	var words []string
	for _, bit := range secureBitOrder {
		if b>>bit&1 == 1 {
			words = append(words, secureBitNames[bit])
		}
	}
	return strings.Join(words, " ")
}
