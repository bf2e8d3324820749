//tidy:table
package e2e_test

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStatusBeforeExec: what goes wrong before a program is executed has the exit status of systemd.exec(5), "Process
// Exit Codes", and a line in the log that names the unit and the cause.
func TestStatusBeforeExec(t *testing.T) {
	type row struct {
		lines string // of [Service]
		want  string // ExecMainStatus and Result
		log   string
	}
	rows := map[string]row{
		"chdir":   {"WorkingDirectory=/nonexistent", "200 exit-code", "No such file or directory"},
		"exec":    {"ExecStart=\nExecStart=/nonexistent/program", "203 exit-code", "No such file or directory"},
		"format":  {"ExecStart=\nExecStart=@HOME@/text", "203 exit-code", "Exec format error"},
		"mode":    {"ExecStart=\nExecStart=@HOME@/plain", "203 exit-code", "Permission denied"},
		"stdin":   {"StandardInput=file:/nonexistent/in", "208 exit-code", "/nonexistent/in"},
		"stdout":  {"StandardOutput=file:/nonexistent/out", "209 exit-code", "/nonexistent/out"},
		"stderr":  {"StandardError=append:/nonexistent/err", "222 exit-code", "/nonexistent/err"},
		"user":    {"User=no-such-user", "217 exit-code", "user no-such-user"},
		"group":   {"Group=no-such-group", "216 exit-code", "group no-such-group"},
		"runtime": {"RuntimeDirectory=in-the-way/x", "233 exit-code", "in-the-way"},
		"state":   {"StateDirectory=in-the-way/x", "238 exit-code", "in-the-way"},
		"cache":   {"CacheDirectory=in-the-way/x", "239 exit-code", "in-the-way"},
		"logs":    {"LogsDirectory=in-the-way/x", "240 exit-code", "in-the-way"},
		"conf":    {"ConfigurationDirectory=in-the-way/x", "241 exit-code", "in-the-way"},
		"envfile": {"EnvironmentFile=/nonexistent/env", "0 resources", "/nonexistent/env"},
	}
	each(t, func(t *testing.T, w who) {
		c := config{units: map[string]string{}, files: map[string]string{"text": "#!\n", "plain": "#", "in-the-way": "",
			"run/in-the-way": "", ".config/log/in-the-way": "", ".cache/in-the-way": "",
			".config/in-the-way": ""}}
		for name, r := range rows {
			c.units[name+".service"] = "[Service]\nExecStart=/bin/true\n" + r.lines + "\n"
			c.units[name+"-exec.service"] = "[Service]\nType=exec\nExecStart=/bin/true\n" + r.lines + "\n"
		}
		m := start(t, w, c)
		for _, name := range slices.Sorted(maps.Keys(rows)) {
			r, unit := rows[name], name+".service"
			m.job("StartUnit", unit)
			m.awaitState(unit, "failed/failed")
			if got := m.service(unit, "ExecMainStatus") + " " + m.service(unit, "Result"); got != r.want {
				t.Errorf("%s: %s, want %s", name, got, r.want)
			}
			m.awaitLog(unit, r.log)
			if result := m.job("StartUnit", name+"-exec.service"); result != "failed" {
				t.Errorf("Type=exec, %s: the job is %s", name, result)
			}
		}
	})
}

// TestExecOptions: what a service may say about its process is what the process finds.
func TestExecOptions(t *testing.T) {
	rows := map[string]struct{ lines, command, want string }{
		"umask":    {"UMask=0027", "umask", "0027"},
		"umask0":   {"", "umask", "0022"},
		"nice":     {"Nice=7", "nice", "7"},
		"oom":      {"OOMScoreAdjust=321", "cat /proc/self/oom_score_adj", "321"},
		"nofile":   {"LimitNOFILE=512:768", "ulimit -Sn; ulimit -Hn", "512\n768"},
		"core":     {"LimitCORE=0", "ulimit -c", "0"},
		"fsize":    {"LimitFSIZE=4K", "ulimit -f", "8"},
		"soft":     {"", "ulimit -Sn", "1024"},
		"cwd":      {"WorkingDirectory=/usr", "pwd", "/usr"},
		"cwdopt":   {"WorkingDirectory=-/nonexistent", "pwd", "/"},
		"home":     {"", "pwd", "@HOME@"},
		"tilde":    {"WorkingDirectory=~", "pwd", "@HOME@"},
		"session":  {"", "[ $(cut -d\" \" -f6 /proc/$$/stat) = $$ ] && echo leader", "leader"},
		"text":     {"StandardInputText=one\nStandardInput=data\nStandardInputText=two", "cat", "one\ntwo"},
		"data":     {"StandardInput=data\nStandardInputData=aGVsbG8K", "cat", "hello"},
		"null":     {"", "readlink /proc/self/fd/0", "/dev/null"},
		"in":       {"StandardInput=file:@HOME@/input", "cat", "from a file"},
		"devnull":  {"StandardError=null", "readlink /proc/$$/fd/2", "/dev/null"},
		"inherit":  {"StandardError=inherit", "[ $(readlink /proc/$$/fd/2) = $(readlink /proc/$$/fd/1) ] && echo y", "y"},
		"sigpipe":  {"", "grep SigIgn /proc/self/status | cut -f2", "0000000000001000"},
		"sigpipe0": {"IgnoreSIGPIPE=no", "grep SigIgn /proc/self/status | cut -f2", "0000000000000000"},
		"blocked":  {"", "grep SigBlk /proc/self/status | cut -f2", "0000000000000000"},
		"nnp":      {"NoNewPrivileges=yes", "grep NoNewPrivs /proc/self/status | cut -f2", "1"},
		"slack":    {"TimerSlackNSec=123us", "cat /proc/self/timerslack_ns", "123000"},
		"fds":      {"", "for i in 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$i ] && echo $i; done; echo none", "none"},
		"affinity": {"CPUAffinity=0", "grep Cpus_allowed_list /proc/self/status | cut -f2", "0"},
		"policy":   {"CPUSchedulingPolicy=batch", "cut -d\" \" -f41 /proc/$$/stat", "3"},
	}
	each(t, func(t *testing.T, w who) {
		c := config{units: map[string]string{}, files: map[string]string{"input": "from a file\n"}}
		for name, r := range rows {
			command := strings.ReplaceAll(strings.ReplaceAll(r.command, "%", "%%"), "$", "$$")
			c.units[name+".service"] = "[Service]\nType=oneshot\nStandardOutput=file:@HOME@/out-" + name + "\n" + r.lines +
				"\nExecStart=/bin/sh -c '" + command + "'\n"
		}
		m := start(t, w, c)
		for name, r := range rows {
			if result := m.job("StartUnit", name+".service"); result != "done" {
				t.Errorf("%s: %s", name, result)
				continue
			}
			data, err := os.ReadFile(filepath.Join(m.home, "out-"+name))
			m.check(err)
			if got, want := strings.TrimSuffix(string(data), "\n"), strings.ReplaceAll(r.want, "@HOME@", m.home); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	})
}

// TestOutputIsLetGo: the manager does not hold on to what a service writes to, so that a reader sees the end when the
// service has closed it, though the service and the manager go on.
func TestOutputIsLetGo(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{"closes.service": `
[Service]
StandardOutput=file:@HOME@/fifo
StandardError=null
ExecStart=/bin/sh -c 'echo said; exec sleep infinity >/dev/null'
`}})
		m.fifo("fifo")
		reader, err := os.OpenFile(filepath.Join(m.home, "fifo"), os.O_RDONLY|syscall.O_NONBLOCK, 0) // waits for no writer
		m.check(err)
		defer reader.Close()
		m.up("closes.service")
		m.check(reader.SetReadDeadline(time.Now().Add(time.Minute)))
		said, err := io.ReadAll(reader)
		if string(said) != "said\n" || err != nil {
			t.Errorf("read %q, %v", said, err)
		}
		m.awaitState("closes.service", "active/running")
	})
}
