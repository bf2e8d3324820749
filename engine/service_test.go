package engine

import (
	"testing"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

func TestSimple(t *testing.T) {
	w := newWorld(t, parse(t, `
		[keep.target]
		Wants=a.service
		[a.service]
		Description=An example
		ExecStart=/bin/a
	`)...)
	w.start("keep.target")
	w.expect("a.service", model.Active, "running")
	w.expectLines(`
log Reached target keep.target.
spawn a.service ExecStart /bin/a
job keep.target start done
log Started a.service - An example.
job a.service start done`)
	if r := w.stop("a.service"); r.Err != nil || r.Job == 0 {
		t.Fatalf("reply %+v", r)
	}
	w.expect("a.service", model.Inactive, "dead")
	w.expectLines(`
log Stopping a.service - An example...
kill a.service 15 1
log a.service: Deactivated successfully.
log Stopped a.service - An example.
job a.service stop done`)
	w.start("a.service")
	w.take()
	w.end("a.service", port.Exited, 1)
	w.expect("a.service", model.Failed, "failed")
	w.expectLines(`
log a.service: Main process exited, code=exited, status=1/FAILURE
log a.service: Failed with result 'exit-code'.`)
}

func TestOrder(t *testing.T) {
	w := newWorld(t, parse(t, `
		[all.target]
		Requires=a.service b.service
		After=a.service b.service
		[b.service]
		Type=notify
		After=a.service
		ExecStart=/bin/b
		[a.service]
		Type=notify
		ExecStart=/bin/a
	`)...)
	w.start("all.target")
	w.expectLines("log Starting a.service...\nspawn a.service ExecStart /bin/a")
	w.notify("a.service", "READY=1")
	w.expectLines("log Started a.service.\nlog Starting b.service...\nspawn b.service ExecStart /bin/b\n" +
		"job a.service start done")
}

func TestNotifyAndReload(t *testing.T) {
	w := newWorld(t, parse(t, `
		[keep.target]
		Wants=a.service
		[a.service]
		Type=notify-reload
		ExecStart=/bin/a
		WatchdogSec=10s
		FileDescriptorStoreMax=4
	`)...)
	w.start("keep.target")
	w.expect("a.service", model.Activating, "start")
	w.notify("a.service", "READY=1\nSTATUS=fine")
	w.expect("a.service", model.Active, "running")
	if s := w.e.Unit("a.service").Service; s.StatusText != "fine" || s.Watchdog != 10_000_000 {
		t.Errorf("status %+v", s)
	}
	w.take()
	w.pass(5_000_000)
	w.notify("a.service", "WATCHDOG=1")
	w.pass(9_000_000)
	w.expect("a.service", model.Active, "running")
	w.job("a.service", model.JobReload, model.ModeReplace)
	w.expect("a.service", model.Reloading, "reload-signal")
	w.notify("a.service", "RELOADING=1\nMONOTONIC_USEC=999999999")
	w.expect("a.service", model.Reloading, "reload-notify")
	w.notify("a.service", "READY=1")
	w.expect("a.service", model.Active, "running")
	w.pass(2_000_000)
	w.expect("a.service", model.Failed, "failed")
	w.expectLines(`
log Reloading a.service...
kill a.service 1 1
log Reloaded a.service.
job a.service reload done
log a.service: Watchdog timeout (limit 10s)!
kill a.service 6 1
log a.service: Main process exited, code=killed, status=6/ABRT
log a.service: Failed with result 'watchdog'.`)
}
