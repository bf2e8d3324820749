// Package architecture has systemd's words for processors, systemd.unit(5) "ConditionArchitecture=".
//
// It exists because conditions, specifiers, partition types and library paths all go by these words. It must not know
// what is asked for them.
package architecture

import "runtime"

// Word is systemd's word for a processor that Go calls goarch, "x86-64" for "amd64"; "" where it has none.
func Word(goarch string) string {
	switch goarch {
	case "amd64":
		return "x86-64"
	case "386":
		return "x86"
	case "loong64":
		return "loongarch64"
	case "ppc64le":
		return "ppc64-le"
	case "mips64le":
		return "mips64-le"
	case "mipsle":
		return "mips-le"
	case "arm64", "arm", "riscv64", "ppc64", "s390x", "mips64", "mips":
		return goarch
	}
	return ""
}

// Native is the word for the processor that this program was made for.
func Native() string { return Word(runtime.GOARCH) }

// Secondary is the word for the one whose programs such a processor runs too, "" where there is none. Discoverable
// Partitions Specification, "root-secondary".
func Secondary(word string) string {
	switch word {
	case "x86-64":
		return "x86"
	case "arm64":
		return "arm"
	case "ppc64-le":
		return "ppc64"
	case "mips64-le":
		return "mips-le"
	case "mips64":
		return "mips"
	case "s390x":
		return "s390"
	}
	return ""
}

// Tuple is how Debian names the folder of libraries for a processor that Go calls goarch, "x86_64-linux-gnu".
func Tuple(goarch string) string {
	switch goarch {
	case "amd64":
		return "x86_64-linux-gnu"
	case "386":
		return "i386-linux-gnu"
	case "arm64":
		return "aarch64-linux-gnu"
	case "arm":
		return "arm-linux-gnueabihf"
	case "ppc64le":
		return "powerpc64le-linux-gnu"
	case "ppc64":
		return "powerpc64-linux-gnu"
	case "riscv64", "s390x", "mips":
		return goarch + "-linux-gnu"
	case "loong64":
		return "loongarch64-linux-gnu"
	case "mips64le":
		return "mips64el-linux-gnuabi64"
	case "mips64":
		return "mips64-linux-gnuabi64"
	case "mipsle":
		return "mipsel-linux-gnu"
	}
	return ""
}
