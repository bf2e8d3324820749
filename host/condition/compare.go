package condition

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/syntax/glob"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/version"
	"github.com/steward-init/steward/syntax/words"
)

// comparison says whether a text stands in a relation to the one that is wanted.
type comparison func(have, want string) bool

// comparisons are the operators on texts that are no version order, longer ones before those they begin with.
// systemd.unit(5), ConditionKernelVersion=.
var comparisons = [...]struct {
	sign  string
	holds comparison
}{
	{"!$=", func(have, want string) bool { return !glob.Match(want, have) }},
	{"$=", func(have, want string) bool { return glob.Match(want, have) }},
	{"!=", func(have, want string) bool { return have != want }},
	{"==", func(have, want string) bool { return version.Compare(have, want) == 0 }},
	{"=", func(have, want string) bool { return have == want }},
}

// cutComparison takes an operator off the beginning of a text; there may be none, which is nil.
func cutComparison(text string) (holds comparison, want string) {
	for _, row := range comparisons {
		if want, ok := strings.CutPrefix(text, row.sign); ok {
			return row.holds, want
		}
	}
	op, want := version.CutSign(text)
	if op == "" {
		return nil, text
	}
	return func(have, want string) bool { return op.Holds(version.Compare(have, want)) }, want
}

// isKernelVersion holds when every word does: an operator with a version, or a glob. The version may be the next word,
// which has no quotes then.
func isKernelVersion(_ *Checker, value string) (bool, error) {
	release := kernelRelease()
	for first := true; ; first = false {
		word, rest, err := words.Columns(value, 1)
		switch {
		case err != nil:
			return false, err
		case len(word) == 0 && first:
			return false, fmt.Errorf("no version to compare with")
		case len(word) == 0:
			return true, nil
		}
		holds, want := cutComparison(word[0])
		if holds == nil {
			holds = comparisons[1].holds
		} else if want == "" {
			rest = strings.TrimLeft(rest, whitespace)
			end := strings.IndexAny(rest+" ", whitespace)
			want, rest = rest[:end], rest[end:]
		}
		if want == "" {
			return false, fmt.Errorf("%q has no version behind its operator", word[0])
		}
		if !holds(release, want) {
			return false, nil
		}
		value = rest
	}
}

const whitespace = " \t\n\r"

// isOSRelease compares fields of os-release(5), each word a name with an operator and a value.
func isOSRelease(_ *Checker, value string) (bool, error) {
	list, _, err := words.Columns(value, math.MaxInt)
	if err != nil {
		return false, err
	}
	field := osRelease()
	for _, word := range list {
		name, holds, want := cutField(word)
		if !words.ValidVariable(name) || holds == nil || want == "" {
			return false, fmt.Errorf("%q is not a field with an operator and a value", word)
		}
		if have, _ := field(name); !holds(have, want) {
			return false, nil
		}
	}
	return true, nil
}

// cutField takes a comparison apart: the name before its operator, and the value behind it.
func cutField(text string) (name string, holds comparison, want string) {
	i := strings.IndexAny(text, "<>=!$")
	if i < 0 {
		return text, nil, ""
	}
	holds, want = cutComparison(text[i:])
	return text[:i], holds, want
}

// osRelease returns how to look a field up; those who ask about what is not there get "".
func osRelease() func(name string) (string, bool) {
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if data, err := os.ReadFile(path); err == nil {
			fields, _ := words.ParseEnvFile(path, data) // what is wrong in it has no field
			return words.LookupIn(fields)
		}
	}
	return words.LookupIn(nil)
}

// hasSMBIOSField compares what the firmware tells of the machine, by "field operator value)".
func hasSMBIOSField(text string) (bool, error) {
	text, closed := strings.CutSuffix(text, ")")
	name, holds, want := cutField(text)
	name = strings.TrimRight(name, whitespace)
	value, rest, err := words.Columns(want, 1)
	switch {
	case err != nil:
		return false, err
	case !closed || holds == nil || len(value) == 0 || strings.Trim(rest, whitespace) != "":
		return false, fmt.Errorf("smbios-field(%s is not a field with an operator and a value in parentheses", text)
	case name == "" || filepath.Base(name) != name || name == "..":
		return false, fmt.Errorf("%q is not a field of the firmware", name)
	}
	data, err := os.ReadFile("/sys/class/dmi/id/" + name)
	return err == nil && holds(strings.TrimRight(string(data), whitespace), value[0]), nil
}

func hasMemory(_ *Checker, value string) (bool, error) {
	op, rest := atLeast(value)
	want, err := quantity.ParseBytes(rest)
	if err != nil {
		return false, err
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return false, err
	}
	return op.Holds(cmp.Compare(info.Totalram*uint64(info.Unit), uint64(want))), nil
}

// atLeast takes the operator off a comparison with a number, ">=" where there is none.
func atLeast(value string) (op version.Operator, number string) {
	if op, number = version.CutSign(value); op == "" {
		op = version.GreaterOrEqual
	}
	return op, strings.TrimLeft(number, whitespace)
}

func hasCPUs(_ *Checker, value string) (bool, error) {
	op, rest := atLeast(value)
	want, err := quantity.ParseUint(rest, 32)
	if err != nil {
		return false, err
	}
	return op.Holds(cmp.Compare(uint64(runtime.NumCPU()), want)), nil
}
