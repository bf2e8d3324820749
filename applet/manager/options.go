package manager

import (
	"fmt"
	"os"
	"strings"
)

// options are the command line of the manager. systemd(1), OPTIONS.
type options struct {
	user       bool
	userSet    bool
	unit       string // "" for default.target
	logLevel   string
	logTarget  string
	action     string // what to do instead of managing: version, help, dump-items
	status     bool   // live status in the foreground
	showStatus bool   // what becomes of units on the console, for PID 1
	runtimeDir string // where sockets and state go, "" for the usual place
	unknown    []string
}

// parse reads options in systemd's way: unknown ones are passed over by PID 1, which must come up.
func parse(args []string, pid1 bool) (options, error) {
	o := options{showStatus: true, logLevel: os.Getenv("SYSTEMD_LOG_LEVEL"), logTarget: os.Getenv("SYSTEMD_LOG_TARGET")}
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
			o.showStatus = !hasValue || value != "no" && value != "false" && value != "0" && value != "error"
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
			if name == "quiet" {
				o.showStatus = false
			}
			if word, ok := kernelUnit[name]; ok {
				o.unit = word
			}
		}
	}
	return o, nil
}

// kernelUnit are the words of a kernel command line that choose what to boot. systemd(1), KERNEL COMMAND LINE.
var kernelUnit = map[string]string{"emergency": "emergency.target", "-b": "emergency.target", "rescue": "rescue.target",
	"single": "rescue.target", "s": "rescue.target", "S": "rescue.target", "1": "rescue.target",
	"2": "multi-user.target", "3": "multi-user.target", "4": "multi-user.target", "5": "graphical.target"}

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
