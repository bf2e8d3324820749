package quantity

import (
	"math"
	"strconv"
	"strings"
)

// Bytes is an amount of memory or storage.
type Bytes uint64

// NoLimit is the amount that "infinity" stands for.
const NoLimit Bytes = math.MaxUint64

// Base is what the suffixes K, M, G, … multiply by.
type Base uint64

const (
	// IEC counts in 1024s, as memory and file sizes do.
	IEC Base = 1024
	// SI counts in 1000s, as transfer rates do.
	SI Base = 1000
)

const sizeSuffixes = "BKMGTPE"

// ParseBytes reads a size with suffixes B, K, M, G, T, P, E of base 1024: "512M", "1.5G", "1G 200M".
func ParseBytes(s string) (Bytes, error) { return ParseSize(s, IEC) }

// ParseSize reads numbers, each with an optional fraction and suffix, that are added up. Every suffix must be smaller
// than the one before.
func ParseSize(s string, base Base) (Bytes, error) {
	const want = "a size such as 512M"
	var sum uint64
	before := len(sizeSuffixes)
	for rest := s; ; {
		number, power, after, ok := sizePart(rest)
		if !ok || power >= before {
			return 0, syntaxError(s, want)
		}
		n, ok := number.times(base, power)
		if !ok || sum > math.MaxUint64-n {
			return 0, rangeError(s, "less than 16E")
		}
		sum, rest, before = sum+n, after, power
		if rest == "" {
			return Bytes(sum), nil
		}
	}
}

// sizeNumber is the text of a number, before and behind the point.
type sizeNumber struct{ whole, fraction string }

// sizePart reads one number and its suffix. power is the suffix's place in sizeSuffixes, -1 without one.
func sizePart(s string) (number sizeNumber, power int, rest string, ok bool) {
	rest = strings.TrimPrefix(strings.TrimLeft(s, whitespace), "+")
	n := digits(rest)
	if n == 0 {
		return number, 0, "", false
	}
	number.whole, rest = rest[:n], rest[n:]
	if strings.HasPrefix(rest, ".") {
		m := 1 + digits(rest[1:])
		number.fraction, rest = rest[1:m], rest[m:]
	}
	rest = strings.TrimLeft(rest, whitespace)
	if rest == "" {
		return number, -1, "", true
	}
	if power = strings.IndexByte(sizeSuffixes, rest[0]); power >= 0 {
		rest = rest[1:]
	}
	return number, power, rest, true
}

// times multiplies with a power of base. Compat: as for the oracle, a number with a fraction must leave room for the
// next whole one.
func (n sizeNumber) times(base Base, power int) (product uint64, ok bool) {
	factor := uint64(1)
	for range power {
		factor *= uint64(base)
	}
	whole, err := strconv.ParseUint(n.whole, 10, 64)
	if err != nil {
		return 0, false
	}
	fraction := 0.0
	if n.fraction != "" {
		digits, err := strconv.ParseUint(n.fraction, 10, 64)
		if err != nil {
			return 0, false
		}
		fraction = float64(digits)
		for range n.fraction {
			fraction /= 10
		}
	}
	most := math.MaxUint64 / factor
	if whole > most || fraction > 0 && whole == most {
		return 0, false
	}
	return whole*factor + uint64(fraction*float64(factor)), true
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// String prints the size as systemctl does, with one decimal above 1023 bytes: "1.5G", "2.0M", "512B", "infinity".
func (b Bytes) String() string {
	if b == NoLimit {
		return "infinity"
	}
	power, factor := 0, uint64(1)
	for power+1 < len(sizeSuffixes) && uint64(b)/1024 >= factor {
		power++
		factor *= 1024
	}
	text := strconv.FormatUint(uint64(b)/factor, 10)
	if power > 0 {
		text += "." + strconv.FormatUint(uint64(b)%factor/(factor/1024)*10/1024, 10)
	}
	return text + sizeSuffixes[power:power+1]
}
