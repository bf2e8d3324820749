package analyze

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/syscalls"
)

// settings are what the checks of security read of a service, wherever that comes from: its files or a manager.
type settings struct {
	unit, fragment    string
	early             bool              // DefaultDependencies=no: it runs before much of the system is there
	flags             map[string]bool   // options that are booleans
	words             map[string]string // the others, lists with spaces between
	bounding, ambient uint64            // sets of capabilities
	umask             uint32

	namespaces set // that may be made; nil where there is no restriction
	families   *filter
	calls      *filter

	denied                      set // of IPAddressDeny=
	allowedLocal, allowedRemote bool
	devices                     []string // "/dev/sda:rw", the last first
}

// set is a set of words.
type set map[string]bool

// filter is a list of what is allowed or denied.
type filter struct {
	allow bool
	names set
}

func newSettings(unit string) *settings {
	return &settings{unit: unit, flags: set{}, words: map[string]string{"KeyringMode": "private"}, bounding: 1<<63 - 1,
		umask: 0o022, denied: set{}}
}

// privileged says whether the service runs as root.
func (s *settings) privileged() bool {
	user := s.words["User"]
	return !s.flags["DynamicUser"] && (user == "" || user == "root" || user == "0")
}

// set takes one line of a unit file. What can't be read is passed over, as a manager does.
func (s *settings) set(key, value string) {
	switch key {
	case "CapabilityBoundingSet":
		s.bounding = capabilitySet(s.bounding, 1<<63-1, value)
	case "AmbientCapabilities":
		s.ambient = capabilitySet(s.ambient, 0, value)
	case "UMask":
		if mask, err := strconv.ParseUint(value, 8, 12); err == nil {
			s.umask = uint32(mask)
		}
	case "RestrictNamespaces":
		s.restrictNamespaces(value)
	case "RestrictAddressFamilies":
		s.restrictFamilies(value)
	case "SystemCallFilter":
		s.filterCalls(value)
	case "IPAddressDeny", "IPAddressAllow":
		s.addresses(key == "IPAddressAllow", value)
	case "DeviceAllow":
		s.allowDevice(value)
	case "SystemCallArchitectures", "SupplementaryGroups", "IPIngressFilterPath", "IPEgressFilterPath":
		if value != "" {
			value = strings.TrimSpace(s.words[key] + " " + value)
		}
		s.words[key] = value
	case "ProtectHome", "ProtectSystem", "Delegate":
		s.setEither(key, value)
	default:
		if b, err := quantity.ParseBool(value); err == nil {
			s.flags[key] = b
		}
		s.words[key] = value
	}
}

// setEither takes an option that is a boolean or a word.
func (s *settings) setEither(key, value string) {
	b, err := quantity.ParseBool(value)
	s.flags[key] = b || err != nil && value != ""
	switch {
	case err == nil && b:
		value = "yes"
	case err == nil:
		value = "no"
	}
	s.words[key] = value
}

// capabilitySet takes a line of a set that has something else than its initial value only if a line came before.
func capabilitySet(old, initial uint64, value string) uint64 {
	rest, invert := strings.CutPrefix(value, "~")
	var sum uint64
	for name := range strings.FieldsSeq(rest) {
		if n, err := quantity.ParseCapability(name); err == nil {
			sum |= 1 << n
		}
	}
	switch {
	case (sum == 0 || old == initial) && invert:
		return ^sum & (1<<63 - 1)
	case sum == 0 || old == initial:
		return sum
	case invert:
		return old &^ sum
	}
	return old | sum
}

// namespaceKinds are the kinds as RestrictNamespaces= names them.
const namespaceKinds = "cgroup ipc net mnt pid user uts"

func (s *settings) restrictNamespaces(value string) {
	if b, err := quantity.ParseBool(value); err == nil || value == "" {
		s.namespaces = nil
		if b {
			s.namespaces = set{}
		}
		return
	}
	rest, invert := strings.CutPrefix(value, "~")
	if s.namespaces == nil {
		s.namespaces = set{}
		for kind := range strings.FieldsSeq(namespaceKinds) {
			s.namespaces[kind] = invert
		}
	}
	for kind := range strings.FieldsSeq(rest) {
		s.namespaces[kind] = !invert
	}
}

func (s *settings) restrictFamilies(value string) {
	switch value {
	case "":
		s.families = nil
		return
	case "none":
		s.families = &filter{allow: true, names: set{}}
		return
	}
	rest, invert := strings.CutPrefix(value, "~")
	if s.families == nil {
		s.families = &filter{allow: !invert, names: set{}}
	}
	for name := range strings.FieldsSeq(rest) {
		s.families.put(name, invert)
	}
}

// put adds a name, or takes it away where the line is of the other sense than the first.
func (f *filter) put(name string, invert bool) {
	if invert == f.allow {
		delete(f.names, name)
		return
	}
	f.names[name] = true
}

// filterCalls takes a line of SystemCallFilter=. What an allow list answers with an error number is not let through.
func (s *settings) filterCalls(value string) {
	if value == "" {
		s.calls = nil
		return
	}
	rest, invert := strings.CutPrefix(value, "~")
	if s.calls == nil {
		s.calls = &filter{allow: !invert, names: set{}}
	}
	for word := range strings.FieldsSeq(rest) {
		name, _, answered := strings.Cut(word, ":")
		if answered && s.calls.allow && !invert {
			continue
		}
		for _, call := range callsOf(name) {
			s.calls.put(call, invert)
		}
	}
}

// callsOf are the system calls that a word of SystemCallFilter= stands for.
func callsOf(name string) []string {
	if set, ok := syscalls.Find(name); ok {
		return set.Calls()
	}
	return []string{name}
}

func (s *settings) addresses(allow bool, value string) {
	if value == "" {
		if allow {
			s.allowedLocal, s.allowedRemote = false, false
			return
		}
		s.denied = set{}
	}
	for word := range strings.FieldsSeq(value) {
		for _, prefix := range addressRanges(word) {
			s.address(allow, prefix)
		}
	}
}

func (s *settings) address(allow bool, prefix netip.Prefix) {
	switch {
	case !allow:
		s.denied[prefix.Masked().String()] = true
	case prefix.Addr().IsLoopback():
		s.allowedLocal = true
	default:
		s.allowedRemote = true
	}
}

// addressRanges are the ranges that a word of IPAddressAllow= stands for, systemd.resource-control(5).
func addressRanges(word string) []netip.Prefix {
	list := word
	switch word {
	case "any":
		list = "0.0.0.0/0 ::/0"
	case "localhost":
		list = "127.0.0.0/8 ::1/128"
	case "link-local":
		list = "169.254.0.0/16 fe80::/64"
	case "multicast":
		list = "224.0.0.0/4 ff00::/8"
	}
	var ranges []netip.Prefix
	for text := range strings.FieldsSeq(list) {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			ranges = append(ranges, prefix)
		} else if addr, err := netip.ParseAddr(text); err == nil {
			ranges = append(ranges, netip.PrefixFrom(addr, addr.BitLen()))
		}
	}
	return ranges
}

func (s *settings) allowDevice(value string) {
	if value == "" {
		s.devices = nil
		return
	}
	device, access, _ := strings.Cut(value, " ")
	if access = strings.TrimSpace(access); access == "" {
		access = "rwm"
	}
	s.devices = append([]string{device + ":" + access}, s.devices...)
}

// imply adds what options bring with them, systemd.exec(5).
func (s *settings) imply() {
	if s.flags["DynamicUser"] {
		for _, name := range []string{"PrivateTmp", "RemoveIPC", "NoNewPrivileges", "RestrictSUIDSGID"} {
			s.flags[name] = true
		}
		s.words["ProtectSystem"] = "strict"
		if home := s.words["ProtectHome"]; home == "" || home == "no" {
			s.words["ProtectHome"] = "read-only"
		}
	}
	for option, names := range map[string]string{"ProtectKernelModules": "SYS_MODULE", "ProtectKernelLogs": "SYSLOG",
		"ProtectClock": "SYS_TIME WAKE_ALARM", "PrivateDevices": "MKNOD SYS_RAWIO"} {
		if !s.flags[option] {
			continue
		}
		for name := range strings.FieldsSeq(names) {
			if n, err := quantity.ParseCapability("CAP_" + name); err == nil {
				s.bounding &^= 1 << n
			}
		}
	}
	if policy := s.words["DevicePolicy"]; s.flags["PrivateDevices"] && (policy == "" || policy == "auto") {
		s.words["DevicePolicy"] = "closed"
	}
	if s.flags["ProtectClock"] {
		s.devices = append([]string{"char-rtc:r"}, s.devices...)
	}
}
