package unitname

import (
	"encoding/binary"
	"math/bits"
)

// shorten cuts a name that is too long so that a '_', the hash of the whole name in 16 digits, and the suffix fit in
// 255 bytes. Compat: cut, form and hash are those of the oracle, found by asking it for the names of long paths.
func shorten(name, suffix string) string {
	const hashDigits = 16
	keep := Max - 1 - len(suffix) - 1 - hashDigits
	if keep < 1 || keep > len(name) {
		return name
	}
	hash := siphash24([16]byte{
		0xec, 0xf2, 0x37, 0xfb, 0x58, 0x32, 0x4a, 0x32, 0x84, 0x9f, 0x06, 0x9b, 0x0d, 0x21, 0xeb, 0x9a,
	}, name+"\x00")
	b := append([]byte(name[:keep]), '_')
	for shift := 0; shift < 64; shift += 8 {
		b = append(b, hexDigits[hash>>(shift+4)&15], hexDigits[hash>>shift&15])
	}
	return string(b) + suffix
}

// siphash24 is SipHash-2-4 of Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012).
func siphash24(key [16]byte, s string) uint64 {
	k0, k1 := binary.LittleEndian.Uint64(key[:8]), binary.LittleEndian.Uint64(key[8:])
	v := [4]uint64{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573}
	last := uint64(len(s)) << 56
	for ; len(s) >= 8; s = s[8:] {
		m := binary.LittleEndian.Uint64([]byte(s[:8]))
		v[3] ^= m
		sipRounds(&v, 2)
		v[0] ^= m
	}
	for i := range len(s) {
		last |= uint64(s[i]) << (8 * i)
	}
	v[3] ^= last
	sipRounds(&v, 2)
	v[0] ^= last
	v[2] ^= 0xff
	sipRounds(&v, 4)
	return v[0] ^ v[1] ^ v[2] ^ v[3]
}

func sipRounds(v *[4]uint64, n int) {
	for range n {
		v[0] += v[1]
		v[1] = bits.RotateLeft64(v[1], 13) ^ v[0]
		v[0] = bits.RotateLeft64(v[0], 32)
		v[2] += v[3]
		v[3] = bits.RotateLeft64(v[3], 16) ^ v[2]
		v[0] += v[3]
		v[3] = bits.RotateLeft64(v[3], 21) ^ v[0]
		v[2] += v[1]
		v[1] = bits.RotateLeft64(v[1], 17) ^ v[2]
		v[2] = bits.RotateLeft64(v[2], 32)
	}
}
