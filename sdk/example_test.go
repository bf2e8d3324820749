package sdk_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sdk"
)

// manager stands for the service manager: it listens where the daemon is told to, and returns what it is told next.
func manager() (next func() string, end func()) {
	dir, err := os.MkdirTemp("", "sdk")
	if err != nil {
		panic(err)
	}
	name := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		panic(err)
	}
	if err := os.Setenv("NOTIFY_SOCKET", name); err != nil {
		panic(err)
	}
	next = func() string {
		b, oob := make([]byte, 4096), make([]byte, 256)
		n, oobn, _, _, err := conn.ReadMsgUnix(b, oob)
		if err != nil {
			return err.Error()
		}
		if messages, err := unix.ParseSocketControlMessage(oob[:oobn]); err == nil && len(messages) > 0 {
			fds, _ := unix.ParseUnixRights(&messages[0]) // there are none then
			for _, fd := range fds {
				_ = unix.Close(fd) // this manager keeps nothing
			}
		}
		return strings.ReplaceAll(strings.TrimSpace(string(b[:n])), "\n", " ")
	}
	return next, func() {
		sdk.DropEnvironment()
		_ = conn.Close()      // best effort: the example is over
		_ = os.RemoveAll(dir) // likewise
	}
}

func ExampleNotify() {
	next, end := manager()
	defer end()
	sent, err := sdk.Notify("READY=1\nSTATUS=Listening on 2 ports", false)
	fmt.Println(sent, err)
	fmt.Println(next())
	// Output:
	// true <nil>
	// READY=1 STATUS=Listening on 2 ports
}

func ExampleReady() {
	next, end := manager()
	defer end()
	for _, say := range []func() error{sdk.Ready, sdk.Watchdog, sdk.Stopping} {
		if err := say(); err != nil {
			fmt.Println(err)
		}
		fmt.Println(next())
	}
	// Output:
	// READY=1
	// WATCHDOG=1
	// STOPPING=1
}

func ExampleReloading() {
	next, end := manager()
	defer end()
	if err := sdk.Reloading(); err != nil {
		fmt.Println(err)
	}
	said, _, _ := strings.Cut(next(), "=1 MONOTONIC_USEC=")
	fmt.Println(said)
	if err := sdk.Ready(); err != nil {
		fmt.Println(err)
	}
	fmt.Println(next())
	// Output:
	// RELOADING
	// READY=1
}

func ExampleBarrier() {
	next, end := manager()
	defer end()
	go next() // the manager comes to it
	fmt.Println(sdk.Barrier(10 * time.Second))
	// Output:
	// <nil>
}

func ExampleStore() {
	next, end := manager()
	defer end()
	memory, err := unix.MemfdCreate("cache", unix.MFD_CLOEXEC)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := sdk.Store("cache", memory); err != nil {
		fmt.Println(err)
	}
	fmt.Println(next())
	if err := sdk.Remove("cache"); err != nil {
		fmt.Println(err)
	}
	fmt.Println(next())
	// Output:
	// FDSTORE=1 FDNAME=cache
	// FDSTOREREMOVE=1 FDNAME=cache
}

func ExampleListeners() {
	listeners, err := sdk.Listeners()
	if err != nil {
		fmt.Println(err)
		return
	}
	if len(listeners) == 0 { // started by hand
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			fmt.Println(err)
			return
		}
		listeners = append(listeners, sdk.Listener{Listener: l, Name: "web"})
	}
	for _, l := range sdk.Named(listeners, "web") {
		fmt.Println("serving", l.Name)
		_ = l.Close() // the example is over
	}
	// Output:
	// serving web
}

func ExampleWatchdogInterval() {
	if err := os.Setenv("WATCHDOG_USEC", "20000000"); err != nil { // as WatchdogSec=20 does
		fmt.Println(err)
	}
	interval, err := sdk.WatchdogInterval(true)
	if err != nil {
		fmt.Println(err)
	}
	if interval > 0 {
		fmt.Println("telling every", interval/2)
	}
	// Output:
	// telling every 10s
}

func ExampleBooted() {
	if sdk.Booted() {
		fmt.Fprintln(os.Stderr, "systemctl will work here")
	}
	// Output:
}
