// Package id128 is the 128-bit identifiers of sd-id128(3): machines, boots, invocations, partition types.
//
// It exists so that their two spellings and the derivation of application-specific ones stand in one place. It must not
// know where an identifier is stored, nor draw random ones.
package id128

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// ID is an identifier. The zero ID stands for none.
type ID [16]byte

// ErrMalformed is the error of a text that is no identifier.
var ErrMalformed = errors.New("identifier is malformed")

// plainLength and uuidLength are the lengths of the two spellings.
const plainLength, uuidLength = 32, 36

// Parse reads 32 hexadecimal digits in any case, or the same as a UUID, "8-4-4-4-12". sd_id128_from_string(3).
func Parse(text string) (ID, error) {
	if len(text) == uuidLength {
		if text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
			return ID{}, ErrMalformed
		}
		text = text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
	}
	return ParsePlain(text)
}

// ParsePlain reads 32 hexadecimal digits in any case.
func ParsePlain(text string) (ID, error) {
	var id ID
	if len(text) != plainLength {
		return ID{}, ErrMalformed
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return ID{}, ErrMalformed
	}
	return id, nil
}

// String is the 32 lower-case hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// UUID is the spelling of RFC 4122.
func (id ID) UUID() string {
	s := id.String()
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}

// IsZero says whether this is no identifier.
func (id ID) IsZero() bool { return id == ID{} }

// Version4 marks 16 random bytes as a random UUID, RFC 4122 section 4.4.
func Version4(random [16]byte) ID {
	random[6] = random[6]&0x0f | 0x40
	random[8] = random[8]&0x3f | 0x80
	return random
}

// AppSpecific derives the identifier that an application uses in the place of this one, from which this one can not be
// told. sd_id128_get_machine_app_specific(3).
func (id ID) AppSpecific(app ID) ID {
	mac := hmac.New(sha256.New, id[:])
	_, _ = mac.Write(app[:]) // never fails
	return Version4([16]byte(mac.Sum(nil)))
}
