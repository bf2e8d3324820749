package manager

import (
	"fmt"
	"strings"
)

// options are the command line of the manager. systemd(1), OPTIONS.
type options struct {
	user       bool
	userSet    bool
	unit       string
	logLevel   string
	logTarget  string
	action     string // what to do instead of managing: version, help, dump-items
	status     bool   // live status in the foreground
	showStatus string // what becomes of units on the console, for PID 1
	runtimeDir string // where sockets and state go, "" for the usual place
	unknown    []string
}

// parse reads options in systemd's way: unknown ones are passed over by PID 1, which must come up,
// and words are for it to find on the kernel's command line.
func parse(args []string, pid1 bool) (options, error) {
	var o options
	for i := 1; i < len(args); i++ {
		name, value, hasValue := strings.Cut(args[i], "=")
		next := func() string {
			if !hasValue && i+1 < len(args) {
				i++
				return args[i]
			}
			return value
		}
		switch name {
		case "--system":
			o.user, o.userSet = false, true
		case "--user":
			o.user, o.userSet = true, true
		case "--unit":
			o.unit = next()
		case "--log-level":
			o.logLevel = next()
		case "--log-target":
			o.logTarget = next()
		case "--runtime-directory":
			o.runtimeDir = next()
		case "--show-status":
			if o.showStatus = "yes"; hasValue {
				o.showStatus = value
			}
		case "--status":
			o.status = true
		case "--version", "--help", "-h", "--dump-configuration-items", "--dump-bus-properties":
			o.action = strings.TrimLeft(name, "-")
		case "--log-color", "--log-location", "--log-time", "--crash-vt", "--crash-chvt", "--crash-shell",
			"--crash-reboot", "--confirm-spawn", "--default-standard-output", "--default-standard-error", "--deserialize",
			"--switched-root", "--machine-id", "--service-watchdogs", "--dump-core", "--no-pager":
			o.unknown = append(o.unknown, name)
		default:
			if !pid1 {
				return o, fmt.Errorf("unrecognized option '%s'", args[i])
			}
		}
	}
	return o, nil
}

// levels are the words of --log-level=.
var levels = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// level returns the syslog level of a word or number, 6 (info) for none.
func level(word string) uint8 {
	for i, name := range levels {
		if word == name || word == fmt.Sprint(i) {
			return uint8(i)
		}
	}
	return 6
}
