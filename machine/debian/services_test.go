package debian_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/machine"
	"github.com/steward-init/steward/machine/debian"
)

// service is a real service, and what is known of it.
type service struct {
	name, pkg string
	// verdict is a hardening option of its unit file that this version does not apply, "" for none.
	verdict string
	// restarts says that it comes back by itself when it is killed; hangup that its reload ends it, as under systemd.
	restarts, hangup bool
	// socket keeps it startable while it is stopped.
	socket string
	// probe is what a client of it would do.
	probe string
}

var services = []service{
	{name: "nginx", pkg: "nginx", probe: "curl -sf http://127.0.0.1:80/ >/dev/null"},
	{name: "redis-server", pkg: "redis-server", restarts: true, verdict: "ProtectSystem=",
		probe: `test "$(redis-cli ping)" = PONG`},
	{name: "cron", pkg: "cron", restarts: true, probe: "test -s /run/crond.pid"},
	{name: "ssh", pkg: "openssh-server", restarts: true, probe: "ssh-keyscan -T 5 127.0.0.1 2>/dev/null | grep -q ssh-"},
	{name: "rsyslog", pkg: "rsyslog", restarts: true, socket: "syslog.socket",
		probe: "logger probed && sleep 0.1 && grep -q probed /var/log/syslog"},
	{name: "memcached", pkg: "memcached", restarts: true, verdict: "PrivateTmp=",
		probe: "test -d /proc/$(systemctl show -P MainPID memcached)"},
	{name: "haproxy", pkg: "haproxy", restarts: true, verdict: "BindReadOnlyPaths=",
		probe: "test -S /run/haproxy/admin.sock"},
	{name: "dnsmasq", pkg: "dnsmasq", probe: "test -s /run/dnsmasq/dnsmasq.pid"},
	{name: "mosquitto", pkg: "mosquitto", restarts: true, probe: "ss -Hltn sport = :1883 | grep -q ."},
	{name: "prometheus-node-exporter", pkg: "prometheus-node-exporter", restarts: true, hangup: true,
		probe: "curl -sf http://127.0.0.1:9100/metrics > /run/metrics && grep -q node_ /run/metrics"},
}

// TestServices installs packages in a machine by apt-get, whose scripts enable and start them, and leads each through
// its life.
func TestServices(t *testing.T) {
	t.Run("with control groups", func(t *testing.T) { testServices(t, machine.CgroupOwn, services) })
	t.Run("without", func(t *testing.T) { testServices(t, machine.CgroupNone, services[:4]) })
}

func testServices(t *testing.T, cgroup machine.Cgroup, services []service) {
	b := bootWith(t, cgroup, services)
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			inner := &booted{b.Machine, t, b.ctx}
			inner.live(s)
		})
	}
	if got := b.text("systemctl", "--failed", "--no-legend", "--plain"); got != "" {
		t.Errorf("failed units: %s", got)
	}
	b.good("systemctl", "reboot")
	if _, err := b.Wait(b.ctx); err != nil {
		t.Error(err)
	}
}

// bootWith boots a machine and installs the services' packages.
func bootWith(t *testing.T, cgroup machine.Cgroup, services []service) *booted {
	t.Helper()
	var packages []string
	for _, s := range services {
		packages = append(packages, s.pkg)
	}
	c := machine.Config{Cgroup: cgroup}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cache, err := debian.Download(ctx, packages...)
	if err != nil {
		t.Skipf("the packages can't be had: %v", err)
	}
	debian.Bind(&c, cache)
	b := boot(t, c)
	if err := debian.Install(b.ctx, b.Machine, packages...); err != nil {
		t.Fatal(err)
	}
	return b
}

// live leads a service that its package has started through stop, start, restart, reload, a crash, and a look at it.
func (b *booted) live(s service) {
	b.t.Helper()
	if got := b.text("systemctl", "is-enabled", s.name); got != "enabled" {
		b.t.Errorf("installed, it is %s", got)
	}
	b.up(s)
	b.good("systemctl", "stop", s.name)
	if s.socket == "" {
		b.await(s.name, "ActiveState", is("inactive"))
	}
	b.good("systemctl", "start", s.name)
	first := b.up(s)
	b.good("systemctl", "restart", s.name)
	second := b.up(s)
	if first == second {
		b.t.Errorf("restarted, its main process still is %s", first)
	}
	b.reload(s)
	b.crash(s)
	b.status(s)
}

// up waits until a service is up and answers, and returns its main PID.
func (b *booted) up(s service) string {
	b.t.Helper()
	b.await(s.name, "ActiveState", is("active"))
	for {
		_, stderr, status := b.Exec(b.ctx, "sh", "-c", s.probe)
		if status == 0 {
			break
		}
		select {
		case <-b.ctx.Done():
			b.t.Fatalf("%s: %s", s.probe, stderr)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return b.await(s.name, "MainPID", func(pid string) bool { return pid != "0" })
}

func (b *booted) reload(s service) {
	b.t.Helper()
	if b.show(s.name, "CanReload") != "yes" {
		return
	}
	before := b.show(s.name, "MainPID")
	b.good("systemctl", "reload", s.name)
	if s.hangup {
		b.await(s.name, "ActiveState", is("inactive"))
		b.good("systemctl", "start", s.name)
		b.up(s)
		return
	}
	if after := b.up(s); after != before {
		b.t.Errorf("reloaded, its main process went from %s to %s", before, after)
	}
}

// crash kills the main process and compares what follows with the unit's Restart=.
func (b *booted) crash(s service) {
	b.t.Helper()
	before := b.show(s.name, "MainPID")
	b.good("kill", "-9", before)
	if s.restarts {
		b.await(s.name, "MainPID", func(pid string) bool { return pid != before && pid != "0" })
		b.up(s)
		if n := b.show(s.name, "NRestarts"); n != "1" {
			b.t.Errorf("it was restarted %s times", n)
		}
		return
	}
	b.await(s.name, "ActiveState", is("failed"))
	if result := b.show(s.name, "Result"); result != "signal" {
		b.t.Errorf("killed, its result is %s", result)
	}
	b.good("systemctl", "start", s.name)
	b.up(s)
}

// status looks at what systemctl status shows: the log, which is written a moment after what it tells of, and which
// hardening is not applied.
func (b *booted) status(s service) {
	b.t.Helper()
	wants := []string{"Active: active (running)", "Started " + s.name + ".service", s.verdict}
	if s.verdict != "" {
		wants = append(wants, "is not applied by this version")
	}
	for {
		status := b.text("systemctl", "status", "--no-pager", "--lines=1000", "--full", s.name)
		missing := slices.DeleteFunc(slices.Clone(wants), func(want string) bool { return strings.Contains(status, want) })
		if len(missing) == 0 {
			return
		}
		select {
		case <-b.ctx.Done():
			b.t.Fatalf("status does not show %q:\n%s", missing, status)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
