package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/notify"
	"github.com/steward-init/steward/applet/ui"
)

// name is what the test's binary is called by to be the command.
const name = "systemd-notify"

func TestMain(m *testing.M) {
	if os.Args[0] == name {
		os.Exit(notify.Run(context.Background(), ui.Std(), os.Args))
	}
	os.Exit(m.Run())
}

// outcome is all that a command line does, with process ids as words.
func outcome(t *testing.T, binary string, args []string, env ...string) string {
	path := filepath.Join(t.TempDir(), "socket")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }() // best effort: the test is over
	raw, err := socket.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PASSCRED, 1)
	}), err, os.Chmod(path, 0o777)); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.Cmd{
		Path: binary, Args: append([]string{name}, args...), Stderr: &stderr,
		Env: append([]string{"PATH=" + os.Getenv("PATH"), "NOTIFY_SOCKET=" + path}, env...),
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	messages := make(chan string)
	go receive(socket, cmd.Process.Pid, messages)
	_ = cmd.Wait() // how it ended is in the state
	_, err = socket.WriteToUnix([]byte("end"), &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%sstatus %d, %s", <-messages, cmd.ProcessState.ExitCode(), stderr.String())
}

// receive prints messages with their senders, and lets go of barriers, until the test sends the end.
func receive(socket *net.UnixConn, pid int, messages chan<- string) {
	words := strings.NewReplacer(fmt.Sprint(pid), "SELF", fmt.Sprint(os.Getpid()), "PARENT")
	var all strings.Builder
	data, control := make([]byte, 4096), make([]byte, 512)
	for {
		n, c, _, _, err := socket.ReadMsgUnix(data, control)
		if err != nil || string(data[:n]) == "end" {
			messages <- words.Replace(all.String())
			return
		}
		fmt.Fprintf(&all, "%q", data[:n])
		parts, _ := unix.ParseSocketControlMessage(control[:c])
		for _, part := range parts {
			if sender, err := unix.ParseUnixCredentials(&part); err == nil {
				fmt.Fprintf(&all, " from %d %d %d", sender.Pid, sender.Uid, sender.Gid)
			}
			fds, _ := unix.ParseUnixRights(&part)
			for _, fd := range fds {
				all.WriteString(" fd")
				_ = unix.Close(fd) // best effort: closing it is what the other side waits for
			}
		}
		all.WriteByte('\n')
	}
}

// TestOracle compares command lines with the real command: messages, their senders, errors and status.
func TestOracle(t *testing.T) {
	oracle, err := exec.LookPath(name)
	if err != nil {
		t.Skip("the oracle's systemd-notify is not installed")
	}
	lines := []string{
		"--ready", "--ready|--status=x y|--pid|A=1|B=2", "--pid=self", "--pid=parent", "--pid=auto", "--pid=x", "--pid=0",
		"--no-block|--ready", "--booted", "--booted|A=1", "X", "=1", "A=1|A=2", "READY=1|--ready", "--status=", "--status",
		"A=b\nC=d", "B=1|X|STATUS=q|--status=z", "--status=a|--status=b", "--pid=7x|--nope", "--nope|--pid=x", "X|X=1",
		"--ready|--|-x", "--uid=zzz|--ready", "--pid=99999999999", "--pid=-1", "--stat=a", "--pid|1",
	}
	if os.Getuid() == 0 {
		lines = append(lines, "--pid=1", "--uid=nobody|--ready", "--uid=1234|--ready", "--uid=daemon|--pid",
			"--uid=0|--ready")
	}
	for _, line := range lines {
		args := strings.Split(line, "|")
		want, got := outcome(t, oracle, args), outcome(t, "/proc/self/exe", args)
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", line, got, want)
		}
	}
	for _, socket := range []string{"", "/nothing/like/that", "relative", "/"} {
		env, args := "NOTIFY_SOCKET="+socket, []string{"--ready"}
		if want, got := outcome(t, oracle, args, env), outcome(t, "/proc/self/exe", args, env); got != want {
			t.Errorf("%s:\n got %s\nwant %s", env, got, want)
		}
	}
}

// TestManagerIsNotTheSender: started by the manager itself, the command speaks for itself.
func TestManagerIsNotTheSender(t *testing.T) {
	got := outcome(t, "/proc/self/exe", []string{"--ready", "--pid"}, fmt.Sprintf("MANAGERPID=%d", os.Getpid()))
	if !strings.HasPrefix(got, `"READY=1\nMAINPID=SELF" from SELF`) {
		t.Error(got)
	}
}
