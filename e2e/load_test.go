//tidy:table
package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// say is a service that writes what its argument says, once.
func say(text string) string {
	return "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/echo " + text + "\n"
}

// TestInstances: an exact file goes before the template, %i is as written and %I unescaped, a link in .wants/ makes an
// instance, and a template can't be started without one.
func TestInstances(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{
			"tell@.service":             say("template %i and %I of %p in %n, %N"),
			"tell@own.service":          say("file of its own %i"),
			"tell@two.service.d/x.conf": "[Service]\nExecStart=/bin/echo drop-in of %i\n",
			"lab.target":                "[Unit]\nDescription=Lab\n",
			"lab.target.wants/tell@linked.service -> ../tell@.service":      "",
			"lab.target.requires/tell@required.service -> ../tell@.service": "",
		}})
		m.up("tell@a\\x2db-c.service", "tell@own.service", "tell@two.service", "lab.target")
		m.awaitLog("tell@a\\x2db-c.service", "template a\\x2db-c and a-b/c of tell in tell@a\\x2db-c.service, tell@a\\x2db-c")
		m.awaitLog("tell@own.service", "file of its own own")
		m.awaitLog("tell@two.service", "template two")
		m.awaitLog("tell@two.service", "drop-in of two")
		m.awaitLog("tell@required.service", "template required")
		m.awaitLog("tell@linked.service", "template linked")
		if _, errs, status := m.systemctl("start", "tell@.service"); status == 0 || !strings.Contains(errs, "missing the instance name") {
			t.Errorf("start of a template: %d %s", status, errs)
		}
	})
}

// TestPrecedence: which file counts, of those that have a unit's name; drop-ins of all levels; masks and aliases.
func TestPrecedence(t *testing.T) {
	const conf, run, share = ".config/systemd/user/", "run/systemd/user/", ".local/share/systemd/user/"
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{search: true, args: []string{"--unit=basic.target"}, files: map[string]string{
			conf + "over.service": say("from config"), run + "over.service": say("from run"), share + "over.service": say("from share"),
			run + "middle.service": say("from run"), share + "middle.service": say("from share"),
			conf + "masked.service -> /dev/null": "", share + "masked.service": say("never"),
			share + "real.service": say("called by any name"), conf + "alias.service -> real.service": "",
			share + "drop-in-here.service":                       say("one"),
			share + "drop-in-here.service.d/20.conf":             "[Service]\nExecStart=\nExecStart=/bin/echo two\n",
			conf + "drop-in-here.service.d/30.conf":              "[Service]\nExecStart=/bin/echo three $LEVEL\n",
			share + "drop-.service.d/10.conf":                    "[Service]\nEnvironment=LEVEL=prefix\n",
			run + "drop-in-.service.d/10.conf":                   "[Service]\nEnvironment=LEVEL=longer-prefix\n",
			share + "service.d/10.conf":                          "[Service]\nEnvironment=LEVEL=type\n",
			conf + "drop-in-here.service.d/40.conf -> /dev/null": "", share + "drop-in-here.service.d/40.conf": "[Service]\nExecStart=/bin/echo never\n",
		}})
		m.up("over.service", "middle.service", "alias.service", "drop-in-here.service")
		m.awaitLog("over.service", "from config")
		m.awaitLog("middle.service", "from run")
		m.awaitLog("real.service", "called by any name")
		m.awaitLog("drop-in-here.service", "three longer-prefix")
		for _, line := range m.logs("drop-in-here.service") {
			if line == "one" || line == "never" {
				t.Errorf("the line %q of what was reset or masked", line)
			}
		}
		if result := m.job("StartUnit", "masked.service"); !strings.Contains(result, "UnitMasked") {
			t.Errorf("start of a masked unit: %s", result)
		}
		if result := m.job("StartUnit", "absent.service"); !strings.Contains(result, "NoSuchUnit") {
			t.Errorf("start of no unit: %s", result)
		}
		m.check(os.Remove(filepath.Join(m.home, conf+"over.service")))
		m.manage("Reload", "")
		m.down("over.service")
		m.up("over.service")
		m.awaitLog("over.service", "from run")
	})
}

// TestEnvironment: the variables of a service and how its command line sees them. systemd.exec(5), systemd.service(5).
func TestEnvironment(t *testing.T) {
	rows := map[string]struct{ lines, command, want string }{
		"braces":  {`Environment="FOO=one  two"`, "/usr/bin/printf <%%s> ${FOO} x${FOO}", "<one  two><xone  two>"},
		"bare":    {`Environment="FOO=one  two"`, "/usr/bin/printf <%%s> $FOO x$FOO", "<one><two><x$FOO>"},
		"empty":   {"", "/usr/bin/printf <%%s> a $NONE ${NONE} b", "<a><><b>"},
		"dollar":  {"", "/usr/bin/printf <%%s> $$HOME", "<$HOME>"},
		"reset":   {"Environment=A=1\nEnvironment=\nEnvironment=B=2", "/bin/sh -c 'echo $${A-unset} $${B-unset}'", "unset 2"},
		"repeat":  {"Environment=A=1 B=2\nEnvironment=A=3", "/bin/sh -c 'echo $$A $$B'", "3 2"},
		"file":    {"Environment=A=unit\nEnvironmentFile=@HOME@/env.d/a", "/bin/sh -c 'echo $$A'", "file a"},
		"glob":    {"EnvironmentFile=@HOME@/env.d/*", "/bin/sh -c 'echo $$A $$B'", "file b of b"},
		"dash":    {"EnvironmentFile=-/nonexistent", "/bin/echo on", "on"},
		"pass":    {"PassEnvironment=PASSED ABSENT", "/bin/sh -c 'echo $$PASSED $${ABSENT-unset}'", "through unset"},
		"unset":   {"Environment=A=1 B=2 C=3\nUnsetEnvironment=A B=2 C=4", "/bin/sh -c 'echo $${A-un} $${B-un} $${C-un}'", "un un 3"},
		"quote":   {`Environment="A=two words" 'B=it is'`, "/bin/sh -c 'echo \"$$A,$$B\"'", "two words,it is"},
		"special": {"Environment=A=%n-%t", "/bin/sh -c 'echo $$A'", "special.service-@HOME@/run"},
		"given":   {"", "/bin/sh -c 'echo $${INVOCATION_ID:+id} $${JOURNAL_STREAM:+stream} $$((SYSTEMD_EXEC_PID == $$$$)) $${MANAGERPID:+manager}'", "id 1 manager"},
		"argv0":   {"", "@/bin/sh called -c 'echo $$0'", "called"},
		"ignore":  {"", "-/bin/sh -c 'echo told; exit 9'", "told"},
		"literal": {"", ":/bin/echo ${HOME} $HOME", "${HOME} $HOME"},
		"dirs": {"RuntimeDirectory=a b/c\nStateDirectory=s\nCacheDirectory=c\nLogsDirectory=l\nConfigurationDirectory=f\nStateDirectoryMode=0750",
			"/bin/sh -c 'echo $$RUNTIME_DIRECTORY $$STATE_DIRECTORY $$CACHE_DIRECTORY $$LOGS_DIRECTORY $$CONFIGURATION_DIRECTORY; stat -c %%a $$STATE_DIRECTORY'",
			"@HOME@/run/a:@HOME@/run/b/c @HOME@/.config/s @HOME@/.cache/c @HOME@/.config/log/l @HOME@/.config/f\n750"},
		"names": {"", "/bin/echo %n %N %p %i %j %u %h %t %S %C %L %E %T %V %s %%",
			"names.service names names  names @USER@ @HOME@ @HOME@/run @HOME@/.config @HOME@/.cache @HOME@/.config/log @HOME@/.config @HOME@ @HOME@ /bin/sh %"},
		"machine": {"", "/bin/sh -c '[ %m = $(cat /etc/machine-id) ] && [ %b = $(tr -d - </proc/sys/kernel/random/boot_id) ] &&" +
			" [ %H = $(uname -n) ] && [ %v = $(uname -r) ] && echo same'", "same"},
	}
	each(t, func(t *testing.T, w who) {
		c := config{units: map[string]string{}, env: []string{"PASSED=through"},
			files: map[string]string{"env.d/a": "# comment\nA='file a'\nB=of a\n", "env.d/b": "A=\"file b\"\nB=of b\n"}}
		for name, r := range rows {
			c.units[name+".service"] = "[Service]\nType=oneshot\nStandardOutput=file:@HOME@/out-" + name + "\n" + r.lines + "\nExecStart=" + r.command + "\n"
		}
		m := start(t, w, c)
		user := map[bool]string{true: "root", false: "nobody"}[w.uid == 0]
		for name, r := range rows {
			if result := m.job("StartUnit", name+".service"); result != "done" {
				t.Errorf("%s: %s", name, result)
				continue
			}
			data, err := os.ReadFile(filepath.Join(m.home, "out-"+name))
			m.check(err)
			want := strings.NewReplacer("@HOME@", m.home, "@USER@", user).Replace(r.want)
			if got := strings.TrimSuffix(string(data), "\n"); got != want && (w.uid == 0 || w.uid == nobodyID || name != "names") {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	})
}

// TestEnvironmentFileTold: a line of an environment file that has no effect is told with its place, once a run however
// many commands read the file, and the service starts with the rest. One that is no text is not read.
func TestEnvironmentFileTold(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{
			files: map[string]string{"env": "A=1\nno equals sign\n1BAD=x\nB=2\n", "binary": "A=1\nB=\xff\n"},
			units: map[string]string{
				"told.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nEnvironmentFile=@HOME@/env\n" +
					"ExecStartPre=/bin/true\nExecStart=/bin/echo read $A $B\nExecStartPost=/bin/true\nExecStop=/bin/true\n",
				"binary.service": "[Service]\nType=oneshot\nEnvironmentFile=@HOME@/binary\nExecStart=/bin/true\n",
				"spared.service": "[Service]\nType=oneshot\nEnvironmentFile=-@HOME@/binary\nExecStart=/bin/echo without $A\n",
			}})
		place := m.home + "/env"
		for run := 1; run <= 2; run++ {
			m.up("told.service")
			m.down("told.service")
			m.awaitLogs("told.service", "read 1 2", run)
			for _, want := range []string{"told.service: Missing '=', ignoring line: " + place + ":2",
				"told.service: Ignoring invalid environment assignment '1BAD=x': " + place + ":3"} {
				m.awaitLogs("told.service", want, run)
			}
		}
		// Debian's systemctl finds no files of a user manager, docs/compat.md.
		status := m.command(filepath.Join(bin, "steward"), "systemctl", "--user", "status", "told.service")
		out, _ := status.Output() // of a unit that is down it exits with 3
		if !strings.Contains(string(out), "'1BAD=x': "+place+":3") {
			t.Errorf("status does not tell of the bad line:\n%s", out)
		}
		if result := m.job("StartUnit", "binary.service"); result != "failed" {
			t.Errorf("start with an environment file that is no text: %s", result)
		}
		m.awaitLog("binary.service", m.home+"/binary:2:1: Environment file is not valid UTF-8")
		m.job("StartUnit", "spared.service")
		m.awaitLog("spared.service", "without")
	})
}

// TestDependencies: what a unit's options say of others happens to them.
func TestDependencies(t *testing.T) {
	const sleep = "[Service]\nExecStart=/bin/sleep infinity\n"
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{
			"need.service": sleep, "like.service": sleep, "tie.service": sleep, "part.service": "[Unit]\nPartOf=all.service\n" + sleep,
			"all.service":       "[Unit]\nRequires=need.service\nWants=like.service absent.service\nBindsTo=tie.service\nAfter=tie.service need.service\n" + sleep,
			"other.service":     "[Unit]\nConflicts=all.service\n" + sleep,
			"requisite.service": "[Unit]\nRequisite=need.service\nAfter=need.service\n" + sleep,
			"fails.service":     "[Service]\nType=oneshot\nExecStart=/bin/false\n",
			"victim.service":    "[Unit]\nRequires=fails.service\nAfter=fails.service\n" + sleep,
			"manual.service":    "[Unit]\nRefuseManualStart=yes\n" + sleep,
			"upheld.service":    sleep,
			"upholds.service":   "[Unit]\nUpholds=upheld.service\n" + sleep,
			"cycle-a.service":   "[Unit]\nRequires=cycle-b.service\nAfter=cycle-b.service\n" + sleep,
			"cycle-b.service":   "[Unit]\nRequires=cycle-a.service\nAfter=cycle-a.service\n" + sleep,
			"work-deep.slice":   "[Unit]\nDescription=Deep\n",
			"sliced.service":    "[Service]\nSlice=work-deep.slice\nExecStart=/bin/sleep infinity\n",
			"reloads.service":   "[Unit]\nPropagatesReloadTo=reloaded.service\n[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/true\n",
			"reloaded.service":  "[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/echo reloaded too\n",
		}})
		expect := func(want string, units ...string) {
			t.Helper()
			for _, unit := range units {
				m.awaitState(unit, want)
			}
		}
		if result := m.job("StartUnit", "requisite.service"); result != "dependency" {
			t.Errorf("Requisite= of what is not up: %s", result)
		}
		m.up("all.service", "part.service")
		expect("active/running", "all.service", "need.service", "like.service", "tie.service")
		m.signal("KillUnit", "like.service", "main", 9)
		expect("failed/failed", "like.service")
		expect("active/running", "all.service")
		m.signal("KillUnit", "tie.service", "main", 9)
		expect("inactive/dead", "all.service", "part.service")
		m.up("all.service")
		m.up("other.service")
		expect("inactive/dead", "all.service")
		if result := m.job("StartUnit", "victim.service"); result != "dependency" {
			t.Errorf("a unit whose requirement fails: %s", result)
		}
		if result := m.job("StartUnit", "manual.service"); !strings.Contains(result, "OnlyByDependency") {
			t.Errorf("RefuseManualStart=: %s", result)
		}
		if result := m.job("StartUnit", "cycle-a.service"); !strings.Contains(result, "TransactionOrderIsCyclic") {
			t.Errorf("a cycle: %s", result)
		}
		m.up("upholds.service")
		expect("active/running", "upheld.service")
		m.signal("KillUnit", "upheld.service", "main", 15)
		m.await("it to be upheld", func() bool {
			return m.index("JobNew upheld.service") >= 0 && m.state("upheld.service") == "active/running"
		})
		m.up("sliced.service", "reloads.service", "reloaded.service")
		expect("active/active", "work-deep.slice", "work.slice")
		m.do("ReloadUnit", "reloads.service")
		m.awaitLog("reloaded.service", "reloaded too")
		m.down("upholds.service")
	})
}

// TestConditions: a condition that fails skips a unit, an assertion fails its job; ! turns, and | makes alternatives.
func TestConditions(t *testing.T) {
	rows := map[string]bool{
		"ConditionPathExists=/etc/passwd": true, "ConditionPathExists=!/etc/passwd": false, "ConditionPathExistsGlob=/etc/pass*": true,
		"ConditionPathIsDirectory=/etc": true, "ConditionPathIsSymbolicLink=/etc/passwd": false, "ConditionPathIsMountPoint=/proc": true,
		"ConditionPathIsReadWrite=/proc/self/nothing": false, "ConditionDirectoryNotEmpty=/etc": true, "ConditionFileNotEmpty=/etc/passwd": true,
		"ConditionFileIsExecutable=/bin/sh": true, "ConditionFileIsExecutable=/etc/passwd": false, "ConditionUser=@system": true,
		"ConditionUser=no-such-user": false, "ConditionHost=no-such-host": false, "ConditionKernelVersion=>2": true, "ConditionArchitecture=native": true,
		"ConditionEnvironment=HOME": true, "ConditionEnvironment=NO_SUCH": false, "ConditionCPUs=>=1": true, "ConditionMemory=>1M": true,
		"ConditionPathExists=|/nonexistent\nConditionPathExists=|/etc": true, "ConditionPathExists=|/nonexistent\nConditionPathExists=|!/etc": false,
		"ConditionPathExists=/nonexistent\nConditionPathExists=": true, "ConditionFirstBoot=yes": false, "ConditionACPower=|yes\nConditionPathExists=|/": true,
	}
	each(t, func(t *testing.T, w who) {
		c := config{units: map[string]string{}}
		names, n := map[string]string{}, 0
		for lines := range rows {
			name := "c" + strings.Repeat("i", n)
			n++
			names[lines] = name
			c.units[name+".service"] = "[Unit]\n" + lines + "\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"
			c.units["assert-"+name+".service"] = strings.ReplaceAll(c.units[name+".service"], "Condition", "Assert")
		}
		m := start(t, w, c)
		for lines, want := range rows {
			if strings.Contains(lines, "@system") {
				want = w.uid < 1000 // the caller may be anybody
			}
			unit := names[lines] + ".service"
			m.up(unit)
			state, holds := m.state(unit), "inactive/dead"
			if want {
				holds = "active/exited"
			}
			if state != holds {
				t.Errorf("%s: %s, want %s", lines, state, holds)
			}
			if result := m.job("StartUnit", "assert-"+unit); (result == "done") != want {
				t.Errorf("assert, %s: %s", lines, result)
			}
		}
	})
}
