// Package exitstatus is the table of exit statuses with a name, systemd.exec(5) "PROCESS EXIT CODES".
//
// It exists so that the number a child exits with, the word SuccessExitStatus= takes and the word status prints are
// one row. It must not know what leads to which of them.
package exitstatus

import "strconv"

// Class says who defines a status.
type Class uint8

// The classes, as systemd-analyze(1) exit-status prints them.
const (
	Libc Class = iota
	Systemd
	LSB
	BSD
)

// String is the class as systemd-analyze(1) exit-status prints it.
func (c Class) String() string {
	switch c {
	case Libc:
		return "libc"
	case Systemd:
		return "systemd"
	case LSB:
		return "LSB"
	case BSD:
		return "BSD"
	}
	return "class " + strconv.Itoa(int(c))
}

// Status is one row: a number from 0 to 255 and its name.
type Status struct {
	Number int
	Name   string
	Class  Class
}

// table is sorted by number.
var table = [...]Status{
	{0, "SUCCESS", Libc},
	{1, "FAILURE", Libc},
	{2, "INVALIDARGUMENT", LSB},
	{3, "NOTIMPLEMENTED", LSB},
	{4, "NOPERMISSION", LSB},
	{5, "NOTINSTALLED", LSB},
	{6, "NOTCONFIGURED", LSB},
	{7, "NOTRUNNING", LSB},
	{64, "USAGE", BSD},
	{65, "DATAERR", BSD},
	{66, "NOINPUT", BSD},
	{67, "NOUSER", BSD},
	{68, "NOHOST", BSD},
	{69, "UNAVAILABLE", BSD},
	{70, "SOFTWARE", BSD},
	{71, "OSERR", BSD},
	{72, "OSFILE", BSD},
	{73, "CANTCREAT", BSD},
	{74, "IOERR", BSD},
	{75, "TEMPFAIL", BSD},
	{76, "PROTOCOL", BSD},
	{77, "NOPERM", BSD},
	{78, "CONFIG", BSD},
	{200, "CHDIR", Systemd},
	{201, "NICE", Systemd},
	{202, "FDS", Systemd},
	{203, "EXEC", Systemd},
	{204, "MEMORY", Systemd},
	{205, "LIMITS", Systemd},
	{206, "OOM_ADJUST", Systemd},
	{207, "SIGNAL_MASK", Systemd},
	{208, "STDIN", Systemd},
	{209, "STDOUT", Systemd},
	{210, "CHROOT", Systemd},
	{211, "IOPRIO", Systemd},
	{212, "TIMERSLACK", Systemd},
	{213, "SECUREBITS", Systemd},
	{214, "SETSCHEDULER", Systemd},
	{215, "CPUAFFINITY", Systemd},
	{216, "GROUP", Systemd},
	{217, "USER", Systemd},
	{218, "CAPABILITIES", Systemd},
	{219, "CGROUP", Systemd},
	{220, "SETSID", Systemd},
	{221, "CONFIRM", Systemd},
	{222, "STDERR", Systemd},
	{224, "PAM", Systemd},
	{225, "NETWORK", Systemd},
	{226, "NAMESPACE", Systemd},
	{227, "NO_NEW_PRIVILEGES", Systemd},
	{228, "SECCOMP", Systemd},
	{229, "SELINUX_CONTEXT", Systemd},
	{230, "PERSONALITY", Systemd},
	{231, "APPARMOR", Systemd},
	{232, "ADDRESS_FAMILIES", Systemd},
	{233, "RUNTIME_DIRECTORY", Systemd},
	{235, "CHOWN", Systemd},
	{236, "SMACK_PROCESS_LABEL", Systemd},
	{237, "KEYRING", Systemd},
	{238, "STATE_DIRECTORY", Systemd},
	{239, "CACHE_DIRECTORY", Systemd},
	{240, "LOGS_DIRECTORY", Systemd},
	{241, "CONFIGURATION_DIRECTORY", Systemd},
	{242, "NUMA_POLICY", Systemd},
	{243, "CREDENTIALS", Systemd},
	{244, "BPF", Systemd},
	{255, "EXCEPTION", Systemd},
}

// The statuses of our own that other packages name.
const (
	Chdir                  = 200
	Nice                   = 201
	FDs                    = 202
	Exec                   = 203
	Memory                 = 204
	Limits                 = 205
	OOMAdjust              = 206
	SignalMask             = 207
	Stdin                  = 208
	Stdout                 = 209
	Chroot                 = 210
	IOPrio                 = 211
	TimerSlack             = 212
	SecureBits             = 213
	SetScheduler           = 214
	CPUAffinity            = 215
	Group                  = 216
	User                   = 217
	Capabilities           = 218
	Cgroup                 = 219
	SetSID                 = 220
	Confirm                = 221
	Stderr                 = 222
	PAM                    = 224
	Network                = 225
	Namespace              = 226
	NoNewPrivileges        = 227
	Seccomp                = 228
	SELinuxContext         = 229
	Personality            = 230
	AppArmor               = 231
	AddressFamilies        = 232
	RuntimeDirectory       = 233
	Chown                  = 235
	SmackProcessLabel      = 236
	Keyring                = 237
	StateDirectory         = 238
	CacheDirectory         = 239
	LogsDirectory          = 240
	ConfigurationDirectory = 241
	NUMAPolicy             = 242
	Credentials            = 243
	BPF                    = 244
	Exception              = 255
)

// All lists the table in the order of the numbers.
func All() []Status { return append([]Status(nil), table[:]...) }

// Find is the row of a number.
func Find(number int) (Status, bool) {
	for _, s := range table {
		if s.Number == number {
			return s, true
		}
	}
	return Status{}, false
}

// Name is the name of a number, "" if it has none. Without classes every name counts, else only those of the given
// ones.
func Name(number int, classes ...Class) string {
	s, ok := Find(number)
	if !ok {
		return ""
	}
	for _, c := range classes {
		if c == s.Class {
			return s.Name
		}
	}
	if len(classes) > 0 {
		return ""
	}
	return s.Name
}

// Parse is the number of a name, "TEMPFAIL", or of a number from 0 to 255 as text.
func Parse(s string) (number int, ok bool) {
	for _, row := range table {
		if row.Name == s {
			return row.Number, true
		}
	}
	n, err := strconv.ParseUint(s, 10, 8)
	return int(n), err == nil
}
