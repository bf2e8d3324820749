// Command satellite is an example daemon: it measures something again and again, says when it is ready, keeps its
// watchdog fed, reports what it does, and reloads its configuration on SIGHUP. It exists to show the sdk at work; it
// must not need anything else of this module.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/steward-init/steward/sdk"
)

func main() {
	group := flag.String("g", "", "the constellation's group")
	name := flag.String("n", "", "this satellite's name")
	every := flag.Duration("every", 5*time.Second, "time between two measurements")
	fail := flag.Int("fail-after", 0, "fail after so many measurements, 0 for never")
	flag.Parse()
	if *name == "" || *group == "" {
		fmt.Fprintln(os.Stderr, "satellite: -g and -n are needed")
		os.Exit(2)
	}
	if err := run(*group, *name, *every, *fail); err != nil {
		fmt.Fprintln(os.Stderr, "satellite:", err)
		os.Exit(1)
	}
}

func run(group, name string, every time.Duration, fail int) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	measure := time.NewTicker(every)
	defer measure.Stop()
	feed, stop := watchdog()
	defer stop()

	fmt.Printf("satellite %s joined group %s\n", name, group)
	if err := sdk.Ready(); err != nil {
		return err
	}
	for n := 1; ; {
		select {
		case <-measure.C:
			fmt.Printf("measurement %d of %s\n", n, name)
			if err := sdk.Status("%d measurements", n); err != nil {
				return err
			}
			if n == fail {
				return fmt.Errorf("sensor of %s does not answer", name)
			}
			n++
		case <-feed:
			if err := sdk.Watchdog(); err != nil {
				return err
			}
		case s := <-signals:
			if s != syscall.SIGHUP {
				fmt.Printf("satellite %s leaves on %v\n", name, s)
				return sdk.Stopping()
			}
			if err := sdk.Reloading(); err != nil {
				return err
			}
			fmt.Println("configuration read again")
			if err := sdk.Ready(); err != nil {
				return err
			}
		}
	}
}

// watchdog returns a channel that is due at half the interval the manager wants to hear of us in, nil for none.
func watchdog() (<-chan time.Time, func()) {
	interval, err := sdk.WatchdogInterval(false)
	if err != nil || interval == 0 {
		return nil, func() {}
	}
	ticker := time.NewTicker(interval / 2)
	return ticker.C, ticker.Stop
}
