package sysv

import (
	"strconv"
	"strings"
)

// Runlevels are where a script wants to be linked: the levels that start and that stop it, each a character of
// "0123456S", and the numbers of the links, 0 to 99.
type Runlevels struct {
	Start, Stop     string
	StartAt, StopAt int
}

// Levels reads the runlevels out of a script: of its LSB header, else of its chkconfig line. A script without either is
// started in 2 to 5 and stopped in the others, as update-rc.d(8) defaults has it.
func Levels(text string) Runlevels {
	r := Runlevels{Start: "2345", Stop: "016", StartAt: 20, StopAt: 80}
	lsb := false
	for line := range strings.SplitSeq(text, "\n") {
		words, isComment := strings.CutPrefix(strings.TrimSpace(line), "#")
		words = strings.TrimSpace(words)
		switch {
		case !isComment:
		case words == "## BEGIN INIT INFO":
			lsb = true
		case words == "## END INIT INFO":
			return r
		case lsb:
			if value, ok := cutKey(words, "Default-Start:"); ok {
				r.Start = strings.Join(strings.Fields(value), "")
			} else if value, ok := cutKey(words, "Default-Stop:"); ok {
				r.Stop = strings.Join(strings.Fields(value), "")
			}
		default:
			if value, ok := cutKey(words, "chkconfig:"); ok {
				r.chkconfig(strings.Fields(value))
			}
		}
	}
	return r
}

// chkconfig takes a line such as "2345 20 80"; "-" stands for no level.
func (r *Runlevels) chkconfig(words []string) {
	if len(words) < 3 {
		return
	}
	start, err := strconv.ParseUint(words[1], 10, 7)
	stop, wrong := strconv.ParseUint(words[2], 10, 7)
	if err != nil || wrong != nil || start > 99 || stop > 99 {
		return
	}
	r.StartAt, r.StopAt = int(start), int(stop)
	r.Start, r.Stop = strings.Trim(words[0], "-"), ""
	for _, level := range "0123456" {
		if !strings.ContainsRune(r.Start, level) {
			r.Stop += string(level)
		}
	}
}
