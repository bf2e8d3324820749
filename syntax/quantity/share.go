package quantity

import (
	"math"
	"strconv"
	"strings"
)

// Permyriad is a share in ten-thousandths, the finest that settings can say.
type Permyriad uint32

// ParsePermyriad reads a share from 0 to 100 %: "50%", "12.25%", "5‰", "12.5‰", "125‱".
func ParsePermyriad(s string) (Permyriad, error) {
	p, err := ParsePermyriadUnbounded(s)
	if err == nil && p > 10000 {
		return 0, rangeError(s, "at most 100%")
	}
	return p, err
}

// ParsePermyriadUnbounded reads a share that may be more than the whole, as CPUQuota= does.
func ParsePermyriadUnbounded(s string) (Permyriad, error) {
	for _, sign := range []struct {
		text     string
		decimals int
	}{{"%", 2}, {"‰", 1}, {"‱", 0}} {
		if number, ok := strings.CutSuffix(s, sign.text); ok {
			n, err := decimal(s, number, sign.decimals)
			return Permyriad(n), err
		}
	}
	return 0, syntaxError(s, "a percentage such as 50%")
}

// ParsePermille reads a share from 0 to 100 % in thousandths: "50%", "12.5%", "5‰".
func ParsePermille(s string) (int, error) {
	p, err := ParsePermyriad(s)
	if err == nil && (p%10 != 0 || strings.HasSuffix(s, "‱")) {
		return 0, syntaxError(s, "at most one decimal")
	}
	return int(p / 10), err
}

// ParsePercent reads a share from 0 to 100 % in whole percents.
func ParsePercent(s string) (int, error) {
	number, ok := strings.CutSuffix(s, "%")
	if !ok || strings.Contains(number, ".") {
		return 0, syntaxError(s, "a whole percentage such as 50%")
	}
	p, err := ParsePermyriad(s)
	return int(p / 100), err
}

// decimal reads a number with at most so many decimals, and gives it without the point.
func decimal(s, number string, decimals int) (uint32, error) {
	whole, fraction, point := strings.Cut(number, ".")
	if point && fraction == "" || digits(fraction) != len(fraction) || len(fraction) > decimals {
		return 0, syntaxError(s, "a percentage such as 50%")
	}
	n, err := ParseUint(whole, 31)
	if err != nil {
		return 0, err
	}
	for i := range decimals {
		n *= 10
		if i < len(fraction) {
			n += uint64(fraction[i] - '0')
		}
	}
	if n > math.MaxInt32 {
		return 0, rangeError(s, "a smaller percentage")
	}
	return uint32(n), nil
}

// String prints the share as a percentage with the decimals it needs.
func (p Permyriad) String() string {
	s := strconv.Itoa(int(p) / 100)
	if rest := int(p) % 100; rest != 0 {
		s += "." + strings.TrimRight(strconv.Itoa(100 + rest)[1:], "0")
	}
	return s + "%"
}
