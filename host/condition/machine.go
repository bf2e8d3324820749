package condition

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/syntax/glob"
	"github.com/steward-init/steward/syntax/quantity"
)

func isArchitecture(c *Checker, value string) (bool, error) {
	return value == c.Architecture || value == "native", nil
}

func isVirtualization(c *Checker, value string) (bool, error) {
	if yes, err := quantity.ParseBool(value); err == nil {
		return yes == (c.Virtualization != "none"), nil
	}
	switch value {
	case "vm":
		return c.Virtualization != "none" && !c.Container, nil
	case "container":
		return c.Container, nil
	case "private-users":
		data, err := os.ReadFile("/proc/self/uid_map")
		return err == nil && strings.Join(strings.Fields(string(data)), " ") != "0 0 4294967295", nil
	}
	return value == c.Virtualization, nil
}

func isHost(c *Checker, value string) (bool, error) {
	if len(value) == 32 && strings.Trim(value, "0123456789abcdefABCDEF") == "" {
		return strings.EqualFold(value, c.MachineID), nil
	}
	return glob.Match(strings.ToLower(value), strings.ToLower(c.Hostname())), nil
}

func hasEnvironment(c *Checker, value string) (bool, error) {
	for _, entry := range c.Environment() {
		name, _, _ := strings.Cut(entry, "=")
		if entry == value || name == value {
			return true, nil
		}
	}
	return false, nil
}

func hasKernelArgument(_ *Checker, value string) (bool, error) {
	data, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return false, err
	}
	for word := range strings.FieldsSeq(string(data)) {
		name, _, _ := strings.Cut(word, "=")
		if word == value || !strings.Contains(value, "=") && name == value {
			return true, nil
		}
	}
	return false, nil
}

func kernelRelease() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// isKernelVersion holds when every word does: an operator with a version, or a glob.
func isKernelVersion(_ *Checker, value string) (bool, error) {
	release := kernelRelease()
	for _, word := range comparisons(value) {
		if op, version := splitOperator(word); op != "" {
			if !compareOrder(op, compareVersions(release, version)) {
				return false, nil
			}
		} else if !glob.Match(word, release) {
			return false, nil
		}
	}
	return true, nil
}

// comparisons splits at white space, keeping an operator with the word after it.
func comparisons(value string) []string {
	var out []string
	for word := range strings.FieldsSeq(value) {
		if n := len(out); n > 0 && strings.Trim(out[n-1], "<>=!$") == "" {
			out[n-1] += word
		} else {
			out = append(out, word)
		}
	}
	return out
}

var operators = []string{"<=", ">=", "!=", "<>", "==", "<", ">", "="}

func splitOperator(word string) (op, rest string) {
	for _, op := range operators {
		if rest, ok := strings.CutPrefix(word, op); ok {
			return op, strings.TrimSpace(rest)
		}
	}
	return "", word
}

func compareOrder(op string, order int) bool {
	switch op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "!=", "<>":
		return order != 0
	}
	return order == 0
}

// compareVersions orders version strings as the UAPI version format specification says for the common part: runs of
// digits by value, runs of letters by bytes, "~" before everything.
func compareVersions(a, b string) int {
	for a != "" || b != "" {
		a, b = strings.TrimLeftFunc(a, isSeparator), strings.TrimLeftFunc(b, isSeparator)
		if at, bt := strings.HasPrefix(a, "~"), strings.HasPrefix(b, "~"); at || bt {
			if at != bt {
				return order(bt, at)
			}
			a, b = a[1:], b[1:]
			continue
		}
		if a == "" || b == "" {
			return order(a != "", b != "")
		}
		wordA, restA := leadingRun(a)
		wordB, restB := leadingRun(b)
		if c := compareRuns(wordA, wordB); c != 0 {
			return c
		}
		a, b = restA, restB
	}
	return 0
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func isSeparator(r rune) bool {
	return r != '~' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func leadingRun(s string) (run, rest string) {
	i := 1
	for i < len(s) && isDigit(s[i]) == isDigit(s[0]) && !isSeparator(rune(s[i])) && s[i] != '~' {
		i++
	}
	return s[:i], s[i:]
}

func compareRuns(a, b string) int {
	if isDigit(a[0]) != isDigit(b[0]) {
		return order(isDigit(a[0]), isDigit(b[0]))
	}
	if isDigit(a[0]) {
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		if len(a) != len(b) {
			return order(len(a) > len(b), len(b) > len(a))
		}
	}
	return strings.Compare(a, b)
}

func isFirmware(_ *Checker, value string) (bool, error) {
	switch value {
	case "uefi":
		return pathExists(nil, "/sys/firmware/efi")
	case "device-tree":
		return pathExists(nil, "/sys/firmware/devicetree")
	}
	if field, ok := strings.CutPrefix(value, "smbios-field("); ok {
		name, want, _ := strings.Cut(strings.TrimSuffix(field, ")"), " ")
		data, err := os.ReadFile("/sys/class/dmi/id/" + filepath.Base(name))
		op, rest := splitOperator(strings.TrimSpace(want))
		return err == nil && (strings.TrimSpace(string(data)) == strings.Trim(rest, `"`)) == (op != "!="), nil
	}
	return false, nil
}

func hasCapability(_ *Checker, value string) (bool, error) {
	number, err := quantity.ParseCapability(value)
	if err != nil {
		return false, err
	}
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(data)) {
		if hex, ok := strings.CutPrefix(line, "CapBnd:"); ok {
			mask, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
			return err == nil && mask&(1<<number) != 0, err
		}
	}
	return false, nil
}

func hasSecurity(_ *Checker, value string) (bool, error) {
	switch value {
	case "selinux":
		return pathExists(nil, "/sys/fs/selinux/enforce")
	case "apparmor":
		data, err := os.ReadFile("/sys/module/apparmor/parameters/enabled")
		return err == nil && strings.HasPrefix(string(data), "Y"), nil
	case "tomoyo":
		return pathExists(nil, "/sys/kernel/security/tomoyo/version")
	case "smack":
		return pathExists(nil, "/sys/fs/smackfs")
	case "ima":
		return pathExists(nil, "/sys/kernel/security/ima")
	case "audit":
		fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_AUDIT)
		if err != nil {
			return false, nil
		}
		return true, unix.Close(fd)
	case "uefi-secureboot":
		matches, _ := filepath.Glob("/sys/firmware/efi/efivars/SecureBoot-*") // best effort: the pattern is valid
		if len(matches) == 0 {
			return false, nil
		}
		data, err := os.ReadFile(matches[0])
		return err == nil && len(data) == 5 && data[4] == 1, nil
	case "tpm2":
		return pathExists(nil, "/dev/tpmrm0")
	}
	return false, nil
}

// isOnACPower holds unless a battery runs the machine.
func isOnACPower(_ *Checker, value string) (bool, error) {
	want, err := quantity.ParseBool(value)
	if err != nil {
		return false, err
	}
	online, battery := false, false
	supplies, _ := filepath.Glob("/sys/class/power_supply/*") // best effort: the pattern is valid
	for _, supply := range supplies {
		kind, _ := os.ReadFile(filepath.Join(supply, "type"))     // best effort: an unreadable supply is no supply
		state, _ := os.ReadFile(filepath.Join(supply, "online"))  // best effort: as above
		charge, _ := os.ReadFile(filepath.Join(supply, "status")) // best effort: as above
		online = online || strings.TrimSpace(string(kind)) == "Mains" && strings.TrimSpace(string(state)) == "1"
		battery = battery || strings.TrimSpace(string(charge)) == "Discharging"
	}
	return want == (online || !battery), nil
}

func isFirstBoot(c *Checker, value string) (bool, error) {
	want, err := quantity.ParseBool(value)
	if err != nil {
		return false, err
	}
	return want == c.FirstBoot, nil
}

// needsUpdate holds when /usr is newer than the stamp an update leaves in /etc or /var.
func needsUpdate(_ *Checker, value string) (bool, error) {
	dir := value
	if !strings.HasPrefix(dir, "/") {
		dir = "/" + dir
	}
	usr, err := os.Stat("/usr")
	if err != nil {
		return false, err
	}
	stamp, err := os.Stat(filepath.Join(dir, ".updated"))
	if err != nil {
		return true, nil
	}
	return usr.ModTime().After(stamp.ModTime()), nil
}

func hasController(c *Checker, value string) (bool, error) {
	switch value {
	case "v2":
		return true, nil
	case "v1":
		return false, nil
	}
	for word := range strings.FieldsSeq(value) {
		if !slices.Contains(c.Controllers, word) {
			return false, nil
		}
	}
	return true, nil
}

func hasCredential(_ *Checker, value string) (bool, error) {
	for _, dir := range []string{os.Getenv("CREDENTIALS_DIRECTORY"), os.Getenv("ENCRYPTED_CREDENTIALS_DIRECTORY")} {
		if dir != "" {
			if _, err := os.Stat(filepath.Join(dir, filepath.Base(value))); err == nil {
				return true, nil
			}
		}
	}
	return false, nil
}

func hasMemory(_ *Checker, value string) (bool, error) {
	op, rest := splitOperator(strings.TrimSpace(value))
	if op == "" {
		op = ">="
	}
	want, err := quantity.ParseBytes(rest)
	if err != nil {
		return false, err
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return false, err
	}
	return compareOrder(op, compareUint(info.Totalram*uint64(info.Unit), uint64(want))), nil
}

func compareUint(a, b uint64) int { return order(a > b, b > a) }

func hasCPUs(_ *Checker, value string) (bool, error) {
	op, rest := splitOperator(strings.TrimSpace(value))
	if op == "" {
		op = ">="
	}
	want, err := strconv.Atoi(rest)
	if err != nil {
		return false, err
	}
	return compareOrder(op, runtime.NumCPU()-want), nil
}

func hasCPUFeature(_ *Checker, value string) (bool, error) {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return false, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<16)
	for lines.Scan() {
		if name, flags, ok := strings.Cut(lines.Text(), ":"); ok && strings.HasPrefix(name, "flags") {
			return slices.Contains(strings.Fields(flags), strings.ToLower(value)), nil
		}
	}
	return false, lines.Err()
}

// isOSRelease compares fields of os-release: NAME=value with ==, =, !=, $= (glob), $!=, or a version order.
func isOSRelease(_ *Checker, value string) (bool, error) {
	fields := osRelease()
	for _, word := range comparisons(value) {
		i := strings.IndexAny(word, "<>=!$")
		if i < 0 {
			return false, fmt.Errorf("%q has no operator", word)
		}
		have, want := fields[word[:i]], word[i:]
		if pattern, ok := strings.CutPrefix(want, "$="); ok {
			if !glob.Match(pattern, have) {
				return false, nil
			}
			continue
		}
		if pattern, ok := strings.CutPrefix(want, "$!="); ok {
			if glob.Match(pattern, have) {
				return false, nil
			}
			continue
		}
		op, rest := splitOperator(want)
		if !compareField(op, have, strings.Trim(rest, `"`)) {
			return false, nil
		}
	}
	return true, nil
}

// compareField compares as text for = and !=, as versions for the other operators.
func compareField(op, have, want string) bool {
	switch op {
	case "=":
		return have == want
	case "!=":
		return have != want
	}
	return compareOrder(op, compareVersions(have, want))
}

func osRelease() map[string]string {
	fields := map[string]string{}
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
				fields[name] = strings.Trim(value, `"'`)
			}
		}
		break
	}
	return fields
}
