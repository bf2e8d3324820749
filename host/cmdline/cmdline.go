// Package cmdline reads the command line that the machine was booted with. kernel-command-line(7).
//
// It exists because the manager and conditions must find the same words in it. It must not know what they mean.
package cmdline

import (
	"encoding/binary"
	"iter"
	"os"
	"strings"
	"unicode/utf16"

	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/sys"
)

// Line is the words of a command line, without their quotes. Of what is said twice the later counts.
type Line []string

// maxLine bounds what is read; the kernel's own bound is 4096 bytes, and a container's first process may have more.
const maxLine = 128 << 10

// efiVariable has more words, for machines with EFI whose loader's configuration is not easily changed. Those of the
// kernel's own command line go before them.
const efiVariable = "/sys/firmware/efi/efivars/SystemdOptions-8cf2644b-4b0b-428f-9387-6d876050dc67"

// Read is the command line of this machine. In a container that is what its first process was called with, without its
// name. $SYSTEMD_PROC_CMDLINE stands for it in tests, of systemd's generators too.
func Read(container bool) Line {
	if text, ok := os.LookupEnv("SYSTEMD_PROC_CMDLINE"); ok {
		return Parse(text)
	}
	if container {
		argv, err := sys.CommandLine(1, maxLine)
		if err != nil || len(argv) == 0 {
			return nil
		}
		return argv[1:]
	}
	data, _ := os.ReadFile(efiVariable) // best effort: most machines have none
	text, err := sys.ReadFile("/proc/cmdline", maxLine)
	if err != nil {
		return Parse(decode(data))
	}
	return append(Parse(decode(data)), Parse(string(text))...)
}

// Parse takes a command line apart.
func Parse(text string) Line { return words.SplitLenient(text) }

// decode reads an EFI variable: four bytes of attributes, then UTF-16.
func decode(data []byte) string {
	var text []uint16
	for i := 4; i+1 < len(data) && len(data) <= maxLine; i += 2 {
		if c := binary.LittleEndian.Uint16(data[i:]); c != 0 {
			text = append(text, c)
		}
	}
	return string(utf16.Decode(text))
}

// Holds says whether a word is there, or stands left of a "=". systemd.unit(5), ConditionKernelCommandLine=.
func (l Line) Holds(word string) bool {
	for _, w := range l {
		name, _, _ := strings.Cut(w, "=")
		if w == word || !strings.Contains(word, "=") && name == word {
			return true
		}
	}
	return false
}

// All are the options by their names, in which "-" is written "_", and their values, nil where there is no "=".
func (l Line) All() iter.Seq2[string, *string] {
	return func(yield func(string, *string) bool) {
		for _, w := range l {
			name, value, ok := strings.Cut(w, "=")
			given := &value
			if !ok {
				given = nil
			}
			if !yield(strings.ReplaceAll(name, "-", "_"), given) {
				return
			}
		}
	}
}

// Bool is the value of an option that is yes where it stands alone. ok is false where it is not there, and where it has
// no such value.
func (l Line) Bool(name string) (value, ok bool) {
	for n, v := range l.All() {
		if n != name {
			continue
		}
		if v == nil {
			value, ok = true, true
			continue
		}
		said, err := quantity.ParseBool(*v)
		value, ok = said, err == nil
	}
	return value, ok
}
