//tidy:table
package e2e_test

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hostile are unit files that nobody should write, with a part of what is said of each.
func hostileFiles() map[string]string {
	return map[string]string{
		"units/huge.service":                     "[Service]\nExecStart=/bin/true " + strings.Repeat("x", 10<<20) + "\n",
		"units/binary.service":                   "\x7fELF\x00\x01\x02\xff\xfe[Service\x00]\n\x00\x00",
		"units/deep.service":                     "[Unit]\nAfter=" + strings.Repeat("deep.service ", 100000) + "\n[Service]\nExecStart=/bin/true\n",
		"units/empty.service":                    "",
		"units/headless.service":                 "ExecStart=/bin/true\n",
		"units/loop-a.service -> loop-b.service": "", "units/loop-b.service -> loop-a.service": "",
		"units/self.service":               "[Unit]\nRequires=self.service\nAfter=self.service\n[Service]\nExecStart=/bin/true\n",
		"units/dir.service/x":              "a directory",
		"units/fifo-like.service":          "[Service]\nExecStart=/nonexistent/program\n",
		"units/user.service":               "[Service]\nUser=no-such-user\nExecStart=/bin/true\n",
		"units/mode.service":               "[Service]\nExecStart=/etc/passwd\n",
		"units/calm.service":               "[Service]\nType=notify\nExecStart=@BIN@/peer ready\n",
		"units/many@.service":              "[Unit]\nAfter=never.service\n[Service]\nType=oneshot\nExecStart=/bin/true\n",
		"units/never.service":              "[Service]\nType=notify\nExecStart=/bin/sleep infinity\n",
		"units/recursive.service.d/x.conf": "[Service]\nEnvironment=A=1\n",
	}
}

// calm is a manager with a service that must not notice anything. The function returned makes sure that it hasn't.
func calm(t *testing.T, w who) (*manager, func()) {
	t.Helper()
	m := start(t, w, config{files: hostileFiles()})
	m.up("calm.service")
	pid := m.mainPID("calm.service")
	return m, func() {
		t.Helper()
		if m.state("calm.service") != "active/running" || m.mainPID("calm.service") != pid || !alive(pid) {
			t.Errorf("another service was touched: %s, %d", m.state("calm.service"), m.mainPID("calm.service"))
		}
	}
}

// TestHostileFiles: each bad file is an error that names it and the cause, and harms nobody else.
func TestHostileFiles(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m, untouched := calm(t, w)
		for unit, part := range map[string]string{
			"huge.service": "huge.service", "binary.service": "binary.service", "empty.service": "empty.service",
			"headless.service": "headless.service", "loop-a.service": "loop-a.service", "dir.service": "dir.service",
			"absent.service": "not found", "many@.service": "missing the instance name", "recursive.service": "recursive.service",
			"no/such.service": "", "self.service": "",
		} {
			out, errs, status := m.systemctl("start", unit)
			if unit == "self.service" { // a requirement of itself is dropped
				continue
			}
			if status == 0 || !strings.Contains(out+errs, part) {
				t.Errorf("%s: exit status %d, %.300s", unit, status, errs)
			}
			untouched()
		}
		for unit, part := range map[string]string{"fifo-like.service": "/nonexistent/program", "user.service": "no-such-user",
			"mode.service": "Permission denied"} {
			m.job("StartUnit", unit)
			m.awaitState(unit, "failed/failed")
			m.awaitLog(unit, part)
			untouched()
		}
		m.manage("Reload", "")
		untouched()
	})
}

// TestHostilePeers: a flood of notifications by a stranger, and clients that say nothing, nonsense, or half of a message.
func TestHostilePeers(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m, untouched := calm(t, w)
		flood := m.command("/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do NOTIFY_SOCKET="+m.runtime+
			"/systemd/notify "+bin+"/peer notify=STATUS=stranger notify=MAINPID=1 notify=STOPPING=1 exit=0; done")
		if out, err := flood.CombinedOutput(); err != nil {
			t.Errorf("flood: %v %s", err, out)
		}
		socket, err := net.Dial("unixgram", filepath.Join(m.runtime, "systemd/notify"))
		m.check(err)
		m.check(socket.SetWriteDeadline(time.Now().Add(limit)))
		for range 20000 {
			if _, err := socket.Write([]byte("READY=1\nSTATUS=flood\nWATCHDOG=trigger")); err != nil {
				t.Fatal(err)
			}
		}
		m.check(socket.Close())
		for _, text := range []string{"", "\x00", "GET / HTTP/1.1\r\n\r\n", "\x00AUTH EXTERNAL\r\nDATA\r\n",
			"\x00AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\nl\x01\x00\x01\xff\xff\xff\xff", "\x00" + strings.Repeat("A", 1<<20),
			"\x00AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n" + strings.Repeat("\xff", 1<<16)} {
			c, err := net.Dial("unix", filepath.Join(m.runtime, "systemd/private"))
			m.check(err)
			defer c.Close()
			_ = c.SetWriteDeadline(time.Now().Add(limit)) // best effort: it is set on all sockets
			_, _ = c.Write([]byte(text))                  // best effort: being cut off is what is to be expected
			untouched()
		}
		if got := m.service("calm.service", "StatusText"); got != "" {
			t.Errorf("a stranger set the status %q", got)
		}
		untouched()
	})
}

// TestManyJobs: ten thousand jobs that wait don't keep others from being served.
func TestManyJobs(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m, untouched := calm(t, w)
		never, err := m.queue("StartUnit", "never.service")
		m.check(err)
		for i := range 10000 {
			if _, err := m.queue("StartUnit", "many@"+strings.Repeat("0", i/5000)+itoa(i)+".service"); err != nil {
				t.Fatalf("job %d: %v", i, err)
			}
		}
		if n := m.manager("NJobs"); n != "10001" {
			t.Errorf("%s jobs", n)
		}
		untouched()
		m.manage("ClearJobs", "")
		if result := m.result(never); result != "canceled" {
			t.Errorf("a job that was cleared: %s", result)
		}
		m.await("no job to be left", func() bool { return m.manager("NJobs") == "0" })
		untouched()
	})
}

// TestDemo: the README's command builds, runs and is ended by Ctrl-C, and leaves nothing.
func TestDemo(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("go is not in the search path")
	}
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.Command("sh", "./demo")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	runDemo(t, cmd, dir)
}

// runDemo waits until the satellites say something, and interrupts.
func runDemo(t *testing.T, cmd *exec.Cmd, dir string) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(2*limit, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }) // best effort: it hangs
	defer late.Stop()
	var said []string
	for lines := bufio.NewScanner(r); lines.Scan(); {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), "satellite alpha joined group lab") {
			if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil { // as a terminal's Ctrl-C
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, strings.Join(said, "\n"))
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("the demo leaves %v, %v", left, err)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
