package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sdk"
)

// peer is a daemon that does what its arguments say, one after the other, and then waits for SIGTERM. It stands on the
// sdk alone, as any daemon would.
func peer(args []string) int {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1)
	for _, arg := range args {
		verb, value, _ := strings.Cut(arg, "=")
		act, ok := acts[verb]
		if !ok {
			fmt.Fprintln(os.Stderr, "peer: no such act:", verb)
			return 2
		}
		if err := act(value); err != nil {
			var status exitStatus
			if errors.As(err, &status) {
				return int(status)
			}
			fmt.Fprintf(os.Stderr, "peer: %s: %v\n", arg, err)
			return 1
		}
	}
	for s := range signals {
		switch s {
		case syscall.SIGTERM:
			return 0
		case syscall.SIGHUP:
			if err := reload(); err != nil {
				fmt.Fprintln(os.Stderr, "peer:", err)
				return 1
			}
		}
	}
	return 0
}

type exitStatus int

func (e exitStatus) Error() string { return "exit" }

// reload does what Type=notify-reload wants.
func reload() error {
	if err := sdk.Reloading(); err != nil {
		return err
	}
	fmt.Println("reloaded")
	return sdk.Ready()
}

var acts = map[string]func(string) error{
	"say": func(s string) error {
		fmt.Println(s)
		return nil
	},
	"ready":  func(string) error { return sdk.Ready() },
	"status": func(s string) error { return sdk.Status("%s", s) },
	"notify": func(s string) error { // a raw datagram, ";" for line ends
		_, err := sdk.Notify(strings.ReplaceAll(s, ";", "\n"), false)
		return err
	},
	"exit": func(s string) error {
		n, err := strconv.Atoi(s)
		return errors.Join(err, exitStatus(n))
	},
	"await": awaitFIFO,
	// child runs the acts in another process, separated by commas, and waits for it.
	"child": func(s string) error {
		cmd := exec.Command("/proc/self/exe", strings.Split(s, ",")...)
		cmd.Args[0] = "peer"
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		return cmd.Run()
	},
	// main hands over to another process, which is the main one from then on.
	"main": func(s string) error {
		cmd := exec.Command("/proc/self/exe", strings.Split(s, ",")...)
		cmd.Args[0] = "peer"
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			return err
		}
		_, err := sdk.Notify(fmt.Sprintf("MAINPID=%d\nREADY=1", cmd.Process.Pid), false)
		return errors.Join(err, sdk.Barrier(30*time.Second), exitStatus(0))
	},
	"barrier": func(string) error { return sdk.Barrier(30 * time.Second) },
	"store":   store,
	"pipe":    storePipe,
	"listen":  listen,
	"feed":    feed,
	"env": func(s string) error {
		fmt.Printf("%s=%s\n", s, os.Getenv(s))
		return nil
	},
}

// awaitFIFO waits until somebody opens a FIFO to write.
func awaitFIFO(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(io.Discard, f)
	return err
}

// store gives the manager a file with text by a name: "name:text".
func store(s string) error {
	name, text, _ := strings.Cut(s, ":")
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, []byte(text)); err != nil {
		return err
	}
	_, err = sdk.NotifyWithFDs("FDSTORE=1\nFDNAME="+name+"\nFDPOLL=0", false, fd)
	return err
}

// storePipe stores a pipe's end whose other end is closed at once, and one that isn't watched for that.
func storePipe(string) error {
	for name, store := range map[string]func(string, ...int) error{"watched": sdk.Store, "unwatched": sdk.StoreUnwatched} {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		if err := errors.Join(store(name, int(r.Fd())), sdk.Barrier(30*time.Second), r.Close(), w.Close()); err != nil {
			return err
		}
	}
	return nil
}

// listen says what descriptors were passed.
func listen(string) error {
	var said []string
	names := strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	count, _ := strconv.Atoi(os.Getenv("LISTEN_FDS")) // none is 0
	for i := range count {
		var text [64]byte
		n, err := unix.Pread(3+i, text[:], 0)
		if err != nil {
			return err
		}
		said = append(said, names[i]+"="+string(text[:n]))
	}
	fmt.Printf("passed %d: %s\n", count, strings.Join(said, " "))
	return nil
}

// feed pings the watchdog n times and then stops doing so.
func feed(times string) error {
	n, err := strconv.Atoi(times)
	if err != nil {
		return err
	}
	interval, err := sdk.WatchdogInterval(false)
	if err != nil || interval == 0 {
		return fmt.Errorf("no watchdog: %w", err)
	}
	for range n {
		<-time.After(interval / 2)
		if err := sdk.Watchdog(); err != nil {
			return err
		}
	}
	fmt.Println("fed", n, "times, each after", interval/2)
	return nil
}
