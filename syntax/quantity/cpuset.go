package quantity

import (
	"math/bits"
	"strconv"
	"strings"
)

// MaxCPU is one more than the highest CPU or NUMA node number.
const MaxCPU = 8192

// CPUSet is a set of small numbers, one bit each; the zero value is empty.
type CPUSet []uint64

// Add puts n, which must be below MaxCPU, into the set.
func (c *CPUSet) Add(n int) {
	for len(*c) <= n/64 {
		*c = append(*c, 0)
	}
	(*c)[n/64] |= 1 << (n % 64)
}

// Has says whether n is in the set.
func (c CPUSet) Has(n int) bool { return n >= 0 && n/64 < len(c) && c[n/64]>>(n%64)&1 == 1 }

// Count is the number of members.
func (c CPUSet) Count() int {
	n := 0
	for _, word := range c {
		n += bits.OnesCount64(word)
	}
	return n
}

// ParseCPUSet reads numbers and ranges separated by commas or white space, "0-3,5 7". An empty text is an empty set.
func ParseCPUSet(s string) (CPUSet, error) {
	var set CPUSet
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(whitespace+",", r) }) {
		low, high, isRange := strings.Cut(word, "-")
		if !isRange {
			high = low
		}
		first, err1 := ParseUint(low, 32)
		last, err2 := ParseUint(high, 32)
		if err1 != nil || err2 != nil {
			return nil, syntaxError(word, "CPUs such as 0-3,5")
		}
		if last >= MaxCPU {
			return nil, rangeError(word, "CPUs below "+strconv.Itoa(MaxCPU))
		}
		for n := int(first); n <= int(last); n++ {
			set.Add(n)
		}
	}
	return set, nil
}

// String prints the set as ranges separated by spaces, "0-3 5".
func (c CPUSet) String() string {
	var b []byte
	for n := 0; n < len(c)*64; n++ {
		if !c.Has(n) {
			continue
		}
		last := n
		for c.Has(last + 1) {
			last++
		}
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(n), 10)
		if last > n {
			b = append(b, '-')
			b = strconv.AppendInt(b, int64(last), 10)
		}
		n = last
	}
	return string(b)
}
