package probe

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"unicode/utf16"

	"github.com/steward-init/steward/syntax/span"
)

// The Boot Loader Interface's variables: its vendor's id, and the longest time that is believed.
const (
	efiVariables = "/sys/firmware/efi/efivars"
	loaderVendor = "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
	longestBoot  = span.Hour
)

// LoaderTimes are how long before the kernel's start the firmware and the boot loader began, 0 where the loader, or a
// machine without EFI, does not tell. systemd-boot(7), LoaderTimeInitUSec and LoaderTimeExecUSec.
func LoaderTimes() (firmware, loader span.Span) { return loaderTimes(efiVariables) }

func loaderTimes(dir string) (firmware, loader span.Span) {
	began, executed := loaderTime(dir, "LoaderTimeInitUSec"), loaderTime(dir, "LoaderTimeExecUSec")
	if began == 0 || executed < began || executed > longestBoot {
		return 0, 0
	}
	return executed, executed - began
}

// loaderTime reads a variable: four bytes of attributes, then a decimal number in UTF-16.
func loaderTime(dir, name string) span.Span {
	data, err := os.ReadFile(filepath.Join(dir, name+loaderVendor))
	if err != nil || len(data) < 4 || len(data) > 64 {
		return 0
	}
	var text []uint16
	for data = data[4:]; len(data) >= 2; data = data[2:] {
		if c := binary.LittleEndian.Uint16(data); c != 0 {
			text = append(text, c)
		}
	}
	n, err := strconv.ParseUint(string(utf16.Decode(text)), 10, 63)
	if err != nil {
		return 0
	}
	return span.Span(n)
}
