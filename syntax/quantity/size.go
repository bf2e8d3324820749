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
	var sum uint64
	before := len(sizeSuffixes)
	rest := strings.TrimLeft(s, whitespace)
	if rest == "" {
		return 0, syntaxError(s, "a size such as 512M")
	}
	for rest != "" {
		n := digits(rest)
		if n == 0 {
			return 0, syntaxError(s, "a size such as 512M")
		}
		whole, err := strconv.ParseUint(rest[:n], 10, 64)
		if err != nil {
			return 0, rangeError(s, "less than 16E")
		}
		fraction := ""
		rest = rest[n:]
		if strings.HasPrefix(rest, ".") {
			m := digits(rest[1:])
			fraction, rest = rest[1:1+m], rest[1+m:]
		}
		rest = strings.TrimLeft(rest, whitespace)
		power := 0
		if rest != "" {
			if power = strings.IndexByte(sizeSuffixes, rest[0]); power < 0 {
				power = 0
			} else {
				rest = rest[1:]
			}
		}
		if power >= before {
			return 0, syntaxError(s, "suffixes that get smaller")
		}
		before = power
		factor := uint64(1)
		for range power {
			factor *= uint64(base)
		}
		part := scaled(fraction, factor)
		if whole > (math.MaxUint64-part)/factor || sum > math.MaxUint64-whole*factor-part {
			return 0, rangeError(s, "less than 16E")
		}
		sum += whole*factor + part
		rest = strings.TrimLeft(rest, whitespace)
	}
	return Bytes(sum), nil
}

// scaled is the decimal fraction "0."+digits of factor.
func scaled(digits string, factor uint64) uint64 {
	value, scale := 0.0, 0.1
	for i := 0; i < len(digits) && i < 18; i++ {
		value += float64(digits[i]-'0') * scale
		scale /= 10
	}
	return uint64(value * float64(factor))
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// String prints the size as systemctl does, with one decimal: "1.5G", "512B", "infinity".
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
		if tenth := uint64(b) % factor / (factor / 1024) * 10 / 1024; tenth > 0 {
			text += "." + strconv.FormatUint(tenth, 10)
		}
	}
	return text + sizeSuffixes[power:power+1]
}
