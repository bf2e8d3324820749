// Package version orders version strings as the UAPI Group's Version Format Specification does.
//
// It exists so that ConditionKernelVersion= and systemd-analyze compare-versions agree. It must not know whose versions
// they are.
package version

import "strings"

// Operator compares two versions. Its text is the sign, such as "<=".
type Operator string

// The operators. Each has a word too, systemd-analyze(1) "compare-versions".
const (
	Less           Operator = "<"
	LessOrEqual    Operator = "<="
	Equal          Operator = "="
	NotEqual       Operator = "!="
	GreaterOrEqual Operator = ">="
	Greater        Operator = ">"
)

// signs are how operators are written, longer ones before those they begin with.
var signs = [...]struct {
	text string
	op   Operator
}{
	{"<>", NotEqual}, {"<=", LessOrEqual}, {"<", Less}, {"==", Equal}, {"=", Equal}, {">=", GreaterOrEqual},
	{">", Greater}, {"!=", NotEqual},
}

// words are the operators as words.
var words = [...]struct {
	text string
	op   Operator
}{
	{"lt", Less}, {"le", LessOrEqual}, {"eq", Equal}, {"ne", NotEqual}, {"ge", GreaterOrEqual}, {"gt", Greater},
}

// CutSign takes an operator that is a sign off the beginning of s; op is "" where there is none.
func CutSign(s string) (op Operator, rest string) {
	for _, row := range signs {
		if rest, ok := strings.CutPrefix(s, row.text); ok {
			return row.op, rest
		}
	}
	return "", s
}

// CutOperator is CutSign that takes words too.
func CutOperator(s string) (op Operator, rest string) {
	if op, rest = CutSign(s); op != "" {
		return op, rest
	}
	for _, row := range words {
		if rest, ok := strings.CutPrefix(s, row.text); ok {
			return row.op, rest
		}
	}
	return "", s
}

// Holds says whether versions whose order is as Compare gives it stand in the relation.
func (op Operator) Holds(order int) bool {
	switch op {
	case Less:
		return order < 0
	case LessOrEqual:
		return order <= 0
	case NotEqual:
		return order != 0
	case GreaterOrEqual:
		return order >= 0
	case Greater:
		return order > 0
	}
	return order == 0
}

// Compare is negative if a is the lower version, positive if b is, 0 if they are equal. What is no letter, digit or one
// of "-.~^" counts for nothing, but ends the run of letters or digits before it.
func Compare(a, b string) int {
	for {
		a, b = strings.TrimLeftFunc(a, isIgnored), strings.TrimLeftFunc(b, isIgnored)
		// A pre-release is lower than the release, and even than nothing at all.
		c, restA, restB := separated(a, b, '~')
		if c != 0 {
			return c
		}
		if a, b = restA, restB; a == "" || b == "" {
			return order(a != "", b != "")
		}
		// A release begins behind "-", a patched one behind "^", and the next component behind ".", in this order.
		for _, separator := range []byte("-^.") {
			if c, a, b = separated(a, b, separator); c != 0 {
				return c
			}
		}
		runOf, compare := letters, strings.Compare
		if beginsWithDigit(a) || beginsWithDigit(b) {
			runOf, compare = digits, compareNumbers
		}
		n, m := runOf(a), runOf(b)
		if c := compare(a[:n], b[:m]); c != 0 {
			return c
		}
		a, b = a[n:], b[m:]
	}
}

// separated compares strings of which the one that begins with a separator is the lower. Where both do, the rests are
// what is behind it.
func separated(a, b string, separator byte) (c int, restA, restB string) {
	inA, inB := a != "" && a[0] == separator, b != "" && b[0] == separator
	if inA && inB {
		return 0, a[1:], b[1:]
	}
	return order(inB, inA), a, b
}

// order is that of two truths, false first.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// compareNumbers compares runs of digits by value. An empty one, before letters, is the lowest.
func compareNumbers(a, b string) int {
	if a == "" || b == "" {
		return order(a != "", b != "")
	}
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return order(len(a) > len(b), len(b) > len(a))
	}
	return strings.Compare(a, b)
}

func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func letters(s string) int {
	n := 0
	for n < len(s) && isLetter(rune(s[n])) {
		n++
	}
	return n
}

func beginsWithDigit(s string) bool { return s != "" && isDigit(s[0]) }

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func isIgnored(r rune) bool {
	return !isLetter(r) && (r < '0' || r > '9') && r != '-' && r != '.' && r != '~' && r != '^'
}
