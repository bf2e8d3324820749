package machine

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// path is where commands inside are looked for.
const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// withheld are the capabilities over what is global to the whole kernel: its clock, its modules, its ports.
const withheld = "-sys_time,-sys_module,-sys_rawio"

// withheldBits is withheld for prctl.
var withheldBits = []uintptr{unix.CAP_SYS_TIME, unix.CAP_SYS_MODULE, unix.CAP_SYS_RAWIO}

// report is the descriptor on which the stage says why it failed. Executing the init closes it.
const report = 3

// namespaces are those that a machine does not share with its caller.
func namespaces(c Config) []string {
	if c.HostNetwork {
		return []string{"mnt", "pid", "uts", "ipc"}
	}
	return []string{"mnt", "pid", "uts", "ipc", "net"}
}

// inside sets the machine up and executes its init. It does not return.
func inside(planFile string) {
	runtime.LockOSThread() // a cgroup namespace and capabilities belong to a thread, and exec keeps those of this one
	syscall.CloseOnExec(report)
	err := setUp(planFile)
	_, _ = syscall.Write(report, []byte(err.Error())) // best effort: if the caller is gone, nobody wants to know
	os.Exit(1)
}

// setUp is the life of the stage. Each step is safe only after those before it, so nothing goes on after a failure.
func setUp(planFile string) error {
	text, err := os.ReadFile(planFile)
	if err != nil {
		return err
	}
	var p plan
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	steps := []struct {
		name string
		do   func() error
	}{
		{"isolation", p.isolated},
		{"cgroup namespace", func() error { return unix.Unshare(unix.CLONE_NEWCGROUP) }},
		{"root", p.enterRoot}, // from here on no path, and no link in a path, leads to the caller's root but through old
		{"kernel", p.mountKernel},
		{"devices", p.mountDevices},
		{"files", p.lay},
		{"old root", leaveOld},
		{"network", p.loopback},
		{"host name", func() error { return unix.Sethostname([]byte("machine")) }},
		{"capabilities", dropCapabilities},
		{"user", p.becomeUser},
		{"init", p.execute},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// isolated refuses to go on in any namespace of the caller: everything after it would change the real machine.
func (p plan) isolated() error {
	if os.Getpid() != 1 {
		return fmt.Errorf("process id is %d, want 1", os.Getpid())
	}
	for _, name := range namespaces(p.Config) {
		id, err := os.Readlink("/proc/thread-self/ns/" + name)
		if err != nil {
			return err
		}
		if slices.Contains(p.Outside, id) {
			return fmt.Errorf("namespace %s is still the caller's", id)
		}
	}
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
}

// execute becomes the init.
func (p plan) execute() error {
	env := append([]string{path, "TERM=linux", "container=machine", "NOTIFY_SOCKET=" + notifySocket}, p.Env...)
	if p.Unprivileged {
		env = append(env, "HOME="+home, "USER=steward", fmt.Sprintf("XDG_RUNTIME_DIR=/run/user/%d", Unprivileged))
	}
	if len(p.Init) == 0 {
		return fmt.Errorf("no command")
	}
	if err := os.Setenv("PATH", strings.TrimPrefix(path, "PATH=")); err != nil {
		return err
	}
	binary, err := exec.LookPath(p.Init[0])
	if err != nil {
		return err
	}
	return unix.Exec(binary, p.Init, env)
}

// dropCapabilities takes away what reaches beyond the machine.
func dropCapabilities() error {
	for _, c := range withheldBits {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

// home is the home folder of the unprivileged user.
const home = "/run/home"

// becomeUser gives up root for good.
func (p plan) becomeUser() error {
	if !p.Unprivileged {
		return nil
	}
	for _, dir := range []string{home, fmt.Sprintf("/run/user/%d", Unprivileged)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		if err := os.Chown(dir, Unprivileged, Unprivileged); err != nil {
			return err
		}
	}
	if err := syscall.Setgroups(nil); err != nil {
		return err
	}
	if err := syscall.Setgid(Unprivileged); err != nil {
		return err
	}
	return syscall.Setuid(Unprivileged)
}
