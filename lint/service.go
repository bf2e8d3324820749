package lint

import (
	"path"
	"slices"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/words"
)

// This file has the rules about [Service] and about any line.

func redundantType(s *Subject) (found []Finding) {
	if s.Unit.Service == nil || s.Unit.Service.BusName != "" || len(s.Unit.Service.Commands[model.ExecStart]) == 0 {
		return nil
	}
	for i, l := range s.each("Service", "Type") {
		if l.Value != "simple" {
			return nil // one is there for the other
		}
		if s.isFragment() {
			found = append(found, Finding{Pos: l.Pos, Message: "Type=simple is the default", Fix: []Edit{{Line: i}}})
		}
	}
	return found
}

func forkingWithoutPIDFile(s *Subject) (found []Finding) {
	if s.Unit.Service == nil || s.Unit.Service.PIDFile != "" || s.Unit.Service.Type != model.ServiceForking {
		return nil
	}
	for _, l := range s.each("Service", "Type") {
		if l.Value == "forking" {
			found = append(found, Finding{Pos: l.Pos, Message: "the main process of a forking service is guessed"})
		}
	}
	return found
}

func obsoleteOutput(s *Subject) (found []Finding) {
	for i, l := range s.each("", "StandardOutput", "StandardError") {
		value, suffix := strings.CutSuffix(l.Value, "+console")
		if value != "syslog" && value != "kmsg" {
			continue
		}
		now := "journal"
		if suffix {
			now += "+console"
		}
		found = append(found, Finding{Pos: l.At(0), Message: l.Key + "=" + l.Value + " is obsolete",
			Fix: rewrite(i, l, l.Key, now)})
	}
	return found
}

// commandKeys are the options that are command lines.
var commandKeys = []string{"ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost",
	"ExecCondition"}

// argv is a command line's words, quotes removed, without the prefixes of its program; nil if it can't be read.
func argv(value string) []string {
	list, err := words.Split(value)
	if err != nil || len(list) == 0 {
		return nil
	}
	list[0] = strings.TrimLeft(list[0], "@-:+!")
	return list
}

func reloadBySignal(s *Subject) (found []Finding) {
	for _, l := range s.each("Service", "ExecReload") {
		list := argv(l.Value)
		if len(list) < 2 || !slices.Contains([]string{"kill", "killall", "pkill"}, path.Base(list[0])) {
			continue
		}
		found = append(found, Finding{Pos: l.At(0), Message: "the reload is reported as done when the signal is sent"})
	}
	return found
}

func weakKillMode(s *Subject) (found []Finding) {
	for i, l := range s.each("", "KillMode") {
		switch l.Value {
		case "none":
			found = append(found, Finding{Pos: l.At(0), Message: "KillMode=none stops nothing", Fix: []Edit{{Line: i}}})
		case "process":
			found = append(found, Finding{Pos: l.At(0), Message: "KillMode=process stops the main process only"})
		}
	}
	return found
}

func noRestart(s *Subject) []Finding {
	v := s.Unit.Service
	if v == nil || !s.isFragment() || v.Restart != model.RestartNo || v.Type == model.ServiceOneshot ||
		v.RemainAfterExit || s.Unit.Install == nil || s.Unit.Load != model.LoadLoaded {
		return nil
	}
	for range s.each("Service", "Restart") {
		return nil // chosen
	}
	for _, l := range s.each("Service", "ExecStart") {
		return []Finding{{Pos: l.Pos, Message: "the service stays down after a crash"}}
	}
	return nil
}

func nobodyUser(s *Subject) (found []Finding) {
	for _, l := range s.each("", "User") {
		if l.Value == "nobody" || l.Value == "65534" {
			found = append(found, Finding{Pos: l.At(0), Message: "nobody is no user for a service"})
		}
	}
	return found
}

// renamed are options whose values mean the same under a new name in the same section. An empty name has a successor
// with other values.
var renamed = map[string]string{"MemoryLimit": "MemoryMax", "OnFailureIsolate": "", "CPUShares": "",
	"StartupCPUShares":  "",
	"BlockIOAccounting": "IOAccounting", "BlockIOWeight": "", "StartupBlockIOWeight": "", "BlockIODeviceWeight": "",
	"BlockIOReadBandwidth": "IOReadBandwidthMax", "BlockIOWriteBandwidth": "IOWriteBandwidthMax",
	"StartLimitInterval": "StartLimitIntervalSec", "BindTo": "BindsTo", "PropagateReloadTo": "PropagatesReloadTo",
	"PropagateReloadFrom": "ReloadPropagatedFrom", "RequiresOverridable": "Requires", "RequisiteOverridable": "Requisite"}

func obsoleteName(s *Subject) (found []Finding) {
	for i, l := range s.each("") {
		now, old := renamed[l.Key]
		if !old || l.Key == "StartLimitInterval" && l.Section != "Unit" {
			continue
		}
		f := Finding{Pos: l.Pos, Message: l.Key + "= is obsolete"}
		if now != "" {
			f.Message += ", it is " + now + "= now"
			f.Fix = rewrite(i, l, now, l.Value)
		}
		found = append(found, f)
	}
	return found
}

func varRun(s *Subject) (found []Finding) {
	for i, l := range s.each("") {
		if l.Key == "Description" || l.Key == "Documentation" {
			continue
		}
		for _, old := range []string{"/var/run/", "/var/lock/"} {
			at := strings.Index(l.Value, old)
			if at < 0 || at > 0 && !strings.ContainsRune("=-+!@:\"' \t", rune(l.Value[at-1])) {
				continue
			}
			value := strings.ReplaceAll(l.Value, "/var/run/", "/run/")
			value = strings.ReplaceAll(value, "/var/lock/", "/run/lock/")
			found = append(found, Finding{Pos: l.At(at), Message: old + " is a symlink for old programs",
				Fix: rewrite(i, l, l.Key, value)})
			break
		}
	}
	return found
}

// shellWords are the words that mean something to a shell only. A lone ";" is the manager's own.
var shellWords = []string{"|", "||", "&&", "&", ">", ">>", "<", "2>", "2>&1", "&>"}

func shellSyntax(s *Subject) (found []Finding) {
	for _, l := range s.each("Service", commandKeys...) {
		list := argv(l.Value)
		if len(list) == 0 || slices.Contains(list, "-c") && strings.HasSuffix(list[0], "sh") {
			continue
		}
		for _, word := range list[1:] {
			redirects := len(word) > 1 && (word[0] == '>' || strings.HasPrefix(word, "2>")) && strings.Contains(word, "/")
			if redirects || slices.Contains(shellWords, word) {
				found = append(found, Finding{Pos: l.At(max(strings.Index(l.Value, word), 0)),
					Message: "the program gets the argument " + word})
				break
			}
		}
	}
	return found
}

func trailingComment(s *Subject) (found []Finding) {
	for i, l := range s.each("") {
		if l.Key == "Description" || strings.Contains(strings.TrimRight(l.Raw(), "\r\n"), "\n") {
			continue
		}
		for at, word := range wordsOf(l.Value) {
			if at == 0 || word != "#" && (word[0] != '#' || slices.Contains(commandKeys, l.Key)) {
				continue
			}
			value := strings.TrimRight(l.Value[:at], " \t")
			found = append(found, Finding{Pos: l.At(at), Message: "this is part of the value of " + l.Key + "=",
				Fix: []Edit{{Line: i, Text: l.Value[at:] + end(l) + l.Key + "=" + value + end(l)}}})
			break
		}
	}
	return found
}

func brokenContinuation(s *Subject) (found []Finding) {
	for i := range s.File.Lines {
		l := &s.File.Lines[i]
		text := strings.TrimRight(l.Raw(), "\r\n")
		trimmed := strings.TrimRight(text, " \t")
		if l.Kind == unitfile.Comment || trimmed == text || !strings.HasSuffix(trimmed, `\`) {
			continue
		}
		f := Finding{Pos: l.Pos, Message: "the line is not continued: white space follows the backslash"}
		if l.Kind == unitfile.Assignment {
			f.Fix = []Edit{{Line: i, Text: trimmed + end(l)}}
		}
		found = append(found, f)
	}
	return found
}

// single are options that have one value, so that a second line replaces the first. Lists, and options that a second
// line adds to, are not among them.
var single = []string{"Description", "Type", "User", "Group", "UMask", "Nice", "WorkingDirectory",
	"RootDirectory", "Restart", "RestartSec", "KillMode", "KillSignal", "TimeoutStartSec", "TimeoutStopSec",
	"TimeoutSec", "WatchdogSec", "PIDFile", "BusName", "RemainAfterExit", "StandardInput", "StandardOutput",
	"StandardError", "SyslogIdentifier", "Slice", "NotifyAccess", "PrivateTmp", "PrivateDevices",
	"PrivateNetwork", "ProtectSystem", "ProtectHome", "NoNewPrivileges", "DynamicUser", "LimitNOFILE",
	"LimitCORE", "LimitNPROC", "MemoryMax", "MemoryHigh", "TasksMax", "CPUWeight", "OOMScoreAdjust",
	"StartLimitBurst", "StartLimitIntervalSec", "DefaultDependencies", "Accept", "Persistent", "AccuracySec",
	"RandomizedDelaySec", "Unit", "DefaultInstance"}

func setTwice(s *Subject) (found []Finding) {
	first := map[string]int{}
	for i, l := range s.each("", single...) {
		key := l.Section + "." + l.Key
		if at, twice := first[key]; twice && s.File.Lines[at].Value != "" {
			found = append(found, Finding{Pos: s.File.Lines[at].Pos, Message: l.Key + "= is set again below"})
		}
		first[key] = i
	}
	return found
}
