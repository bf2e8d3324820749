package sysusers

import (
	"crypto/sha512"
	"strings"
)

// sha512Rounds is how often SHA-512 is applied where nothing else is said.
const sha512Rounds = 5000

// HashPassword is the hash that crypt(5) has for a password by its method sha512crypt, "$6$". The salt is at most 16
// characters of the alphabet that crypt(5) has for it.
func HashPassword(password, salt string) string {
	key, spice := []byte(password), []byte(salt)
	b := sha512.New()
	for _, part := range [][]byte{key, spice, key} {
		_, _ = b.Write(part) // never fails, here and below
	}
	mixed := b.Sum(nil)
	a := sha512.New()
	_, _ = a.Write(key)
	_, _ = a.Write(spice)
	_, _ = a.Write(stretch(mixed, len(key)))
	for n := len(key); n > 0; n >>= 1 {
		if n&1 != 0 {
			_, _ = a.Write(mixed)
		} else {
			_, _ = a.Write(key)
		}
	}
	sum := a.Sum(nil)
	p := stretch(repeated(key, len(key)), len(key))
	s := stretch(repeated(spice, 16+int(sum[0])), len(spice))
	for round := range sha512Rounds {
		sum = oneRound(round, sum, p, s)
	}
	return "$6$" + salt + "$" + encode(sum)
}

// stretch repeats a hash to a length.
func stretch(hash []byte, length int) []byte {
	out := make([]byte, 0, length+len(hash))
	for len(out) < length {
		out = append(out, hash...)
	}
	return out[:length]
}

// repeated is the hash of some bytes, many times.
func repeated(bytes []byte, times int) []byte {
	h := sha512.New()
	for range times {
		_, _ = h.Write(bytes)
	}
	return h.Sum(nil)
}

func oneRound(round int, sum, p, s []byte) []byte {
	h := sha512.New()
	odd := round&1 != 0
	first, last := sum, p
	if odd {
		first, last = p, sum
	}
	_, _ = h.Write(first)
	if round%3 != 0 {
		_, _ = h.Write(s)
	}
	if round%7 != 0 {
		_, _ = h.Write(p)
	}
	_, _ = h.Write(last)
	return h.Sum(nil)
}

// encode writes a hash in crypt's alphabet: the bytes 0, 21 and 42, then in turn those behind them.
func encode(sum []byte) string {
	const alphabet, third = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 21
	var b strings.Builder
	put := func(value uint32, characters int) {
		for range characters {
			b.WriteByte(alphabet[value&63])
			value >>= 6
		}
	}
	i, j, k := 0, third, 2*third
	for range third {
		put(uint32(sum[i])<<16|uint32(sum[j])<<8|uint32(sum[k]), 4)
		i, j, k = j+1, k+1, i+1
	}
	put(uint32(sum[len(sum)-1]), 2)
	return b.String()
}
