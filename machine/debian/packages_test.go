package debian_test

import (
	"context"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/applet/all"
	"github.com/steward-init/steward/machine"
	"github.com/steward-init/steward/machine/debian"
)

// allDaemons installs every package, which takes minutes.
var allDaemons = flag.Bool("debian.all", false, "install all twenty packages, not only those that differ in kind")

// daemons are packages whose scripts call what the distribution has for its init: deb-systemd-helper,
// deb-systemd-invoke, invoke-rc.d, update-rc.d, systemd-sysusers, systemd-tmpfiles. The first few call each of these.
func daemons() []string {
	names := []string{"cron", "redis-server", "stunnel4", "uptimed", "xinetd", // two of them have only init scripts
		"nginx-light", "openssh-server", "rsyslog", "memcached", "haproxy", "dnsmasq", "mosquitto",
		"prometheus-node-exporter", "postfix", "rsync", "vsftpd", "tinyproxy", "smartmontools", "at", "anacron", "lldpd",
		"privoxy"}
	if *allDaemons {
		return names
	}
	return names[:5]
}

// Each maker of an init, with the name that tests give it.
const (
	ours   = "steward"
	oracle = "oracle"
)

// What an administrator lets packages start, invoke-rc.d(8); and the file by which apt-get(8) wakes a service that ends
// again at a time of its own, which would disturb the comparison.
const (
	refuse = "#!/bin/sh\nexit 101\n"
	allow  = "#!/bin/sh\nexit 0\n"
	notify = "/etc/apt/apt.conf.d/20packagekit"
)

// tools are the links that put steward in the place of each of systemd's programs that it has and the root has.
func tools() map[string]string {
	links := map[string]string{}
	dirs := []string{"/usr/bin/", "/usr/sbin/", "/usr/lib/systemd/", "/usr/lib/systemd/system-generators/"}
	for _, a := range all.Table() {
		for name := range strings.FieldsSeq(a.Names) {
			for _, dir := range dirs {
				if _, err := os.Lstat(dir + name); err == nil {
					links[dir+name] = stewardPath
				}
			}
		}
	}
	return links
}

// listing prints what the packages could leave: each file below the folders that programs write to, and the content
// of those that say what is enabled and who there is. uptimed is started at the same time as the folder for its PID
// file is made; agetty makes its file some time after the boot.
const listing = `find /etc /var /run /srv /usr/bin /usr/sbin /usr/lib/systemd /usr/lib/*.d -xdev \( -path /run/outside \
	-o -path /run/systemd -o -path /run/log -o -path /var/log/journal -o -path /var/cache -o -path /var/tmp \
	-o -path '/var/log/*.log' -o -path /run/uptimed/uptimed.pid -o -path /run/agetty.reload \
	-o -path /var/lib/postgresql \
	-o -path /var/lib/dpkg -o -path /var/lib/apt \) -prune -o -printf '%p %y %m %u:%g %l\n' | sort
find /etc/systemd /var/lib/systemd/deb-systemd* /etc/passwd /etc/group -type f -exec md5sum {} + | sort -k 2`

// change is what differs between two listings: "- line" was there, "+ line" is there.
func change(before, after string) []string {
	had, has := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(before) {
		had[line] = true
	}
	for line := range strings.Lines(after) {
		has[line] = true
	}
	var out []string
	for line := range had {
		if !has[line] {
			out = append(out, "- "+strings.TrimSpace(line))
		}
	}
	for line := range has {
		if !had[line] {
			out = append(out, "+ "+strings.TrimSpace(line))
		}
	}
	slices.Sort(out)
	return out
}

// fetched returns the folder of packages and of those they need, and their files. It skips the test where they can't
// be had.
func fetched(t *testing.T, packages []string) (dir string, files []string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a machine of its own needs root")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	dir, err := debian.Download(ctx, packages...)
	if err == nil {
		files, err = debian.Files(ctx, packages...)
	}
	if err != nil {
		t.Skipf("the packages can't be had: %v", err)
	}
	for i, name := range files {
		files[i] = debian.Archives + "/" + name
	}
	return dir, files
}

// bare boots a machine without any manager: its PID 1 only waits, from a root of its own, so that every command is
// one in a chroot.
func bare(t *testing.T, who string, c machine.Config) *booted {
	t.Helper()
	c.Init = []string{"/bin/sh", "-c", `mkdir -p /run/outside/usr && mount --bind /usr /run/outside/usr &&
		cd /run/outside && ln -s usr/bin usr/lib usr/lib64 . && echo waits &&
		exec chroot . /bin/sh -c 'while :; do sleep 1000; done'`}
	b := boots(t, who, c)
	if err := b.WaitConsole(b.ctx, "waits"); err != nil {
		t.Fatal(err)
	}
	return b
}

// boots starts a machine with the programs of one of the makers.
func boots(t *testing.T, who string, c machine.Config) *booted {
	t.Helper()
	if _, err := os.Stat("/lib/systemd/systemd"); err != nil {
		t.Skip("the oracle is not installed")
	}
	if who == ours {
		dir, err := binary()
		if err != nil {
			t.Fatal(err)
		}
		if c.Binds == nil {
			c.Binds = map[string]string{}
		}
		c.Binds[dir] = "/opt/steward"
		c.Links = tools()
	}
	if c.Links == nil {
		c.Links = map[string]string{}
	}
	c.Links["/usr/bin/mandb"] = "true" // the index of all manual pages takes longer than all the rest
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	t.Cleanup(cancel)
	return &booted{machine.Start(t, c), t, ctx}
}

// install has dpkg(1) install packages: twice, as some wait for others to be configured before they are unpacked.
func (b *booted) install(files []string) string {
	b.t.Helper()
	const dpkg = "dpkg --force-unsafe-io --skip-same-version --install "
	all := strings.Join(files, " ")
	return b.good("sh", "-c", "export DEBIAN_FRONTEND=noninteractive; { "+dpkg+all+" || "+dpkg+all+"; } 2>&1")
}

// purge removes, with all that they know of, the packages that were not among those given.
func (b *booted) purge(before string) string {
	b.t.Helper()
	var more []string
	for _, line := range change(before, b.packages()) {
		if name, added := strings.CutPrefix(line, "+ "); added {
			more = append(more, name)
		}
	}
	return b.good("sh", "-c", "DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io --purge "+
		strings.Join(more, " ")+" 2>&1")
}

func (b *booted) packages() string {
	b.t.Helper()
	return b.good("dpkg-query", "--show", "--showformat", "${Package}\n") + "\n"
}

// chrooted is what an installation without a manager leaves.
type chrooted struct{ installed, enabled, purged, said string }

func installChrooted(t *testing.T, who, dir string, files []string) chrooted {
	t.Helper()
	c := machine.Config{Files: map[string]string{"/usr/sbin/policy-rc.d": refuse, notify: ""}}
	debian.Bind(&c, dir)
	b := bare(t, who, c)
	var r chrooted
	before, installed := b.text("sh", "-c", listing), b.packages()
	r.said = b.install(files)
	after := b.text("sh", "-c", listing)
	r.installed = strings.Join(change(before, after), "\n")
	r.enabled = b.text("sh", "-c", "systemctl list-unit-files --no-pager --no-legend")
	if got := b.text("sh", "-c", "ps -eo pid,comm --no-headers | grep -vw 'ps\\|sh\\|grep\\|sleep'"); got != "" {
		t.Errorf("started without a manager: %s", got)
	}
	if got := b.text("sh", "-c", "dpkg --audit"); got != "" {
		t.Errorf("not all is configured: %s", got)
	}
	r.said += b.purge(installed)
	r.purged = strings.Join(change(before, b.text("sh", "-c", listing)), "\n")
	return r
}

// TestPackagesChrooted installs packages, and purges them, where no manager runs and nothing may be started, with our
// programs and with systemd's: what is enabled and every file must be the same.
func TestPackagesChrooted(t *testing.T) {
	dir, files := fetched(t, daemons())
	want := installChrooted(t, oracle, dir, files)
	got := installChrooted(t, ours, dir, files)
	for _, c := range []struct{ what, got, want string }{
		{"installed", got.installed, want.installed},
		{"enabled", got.enabled, want.enabled},
		{"purged", got.purged, want.purged},
	} {
		for _, line := range change(c.want, c.got) {
			t.Errorf("%s: %s", c.what, line)
		}
	}
	for _, line := range change(want.said, got.said) {
		if !strings.Contains(line, "SHA256:") { // keys of the machine
			t.Errorf("dpkg: %s", line)
		}
	}
	t.Logf("%d files; left by both:\n%s", strings.Count(want.installed, "\n"), want.purged)
}

// settle waits until the manager has done all that was asked of it: deb-systemd-invoke(1) waits for the service that is
// named, not for what goes down with it.
func (b *booted) settle() {
	b.t.Helper()
	for b.text("systemctl", "list-jobs", "--no-legend") != "" {
		select {
		case <-b.ctx.Done():
			b.t.Fatalf("jobs stay: %s", b.text("systemctl", "list-jobs", "--no-legend"))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// running is what an installation with a manager leaves.
type running struct{ installed, units, failed, purged, left, processes string }

// census prints the units that a manager has loaded, and running what is started of whom.
const (
	census    = "systemctl list-units --all --plain --no-legend --no-pager | awk '{print $1, $2}' | sort"
	processes = "ps -eo user:32,comm --no-headers | grep -v ' ps$\\| sh$\\| sort$\\| grep$\\| kworker' | sort"
	// states prints the state of each unit file, and what became of its unit.
	states = "systemctl list-unit-files --no-pager --no-legend | awk '{print $1, $2}'; " +
		"names=$(systemctl list-unit-files --no-pager --no-legend | awk '$1 !~ /@[.]/ {printf \"%s \", $1}'); " +
		"for state in $(systemctl is-active $names); do echo ${names%% *} $state; names=${names#* }; done"
)

func installBooted(t *testing.T, who, dir string, files []string) running {
	t.Helper()
	c := machine.Config{Init: []string{"/lib/systemd/systemd"}, Files: map[string]string{
		"/usr/sbin/policy-rc.d": allow, notify: ""}}
	if who == ours {
		c.Init = []string{stewardPath, "--system"}
	}
	debian.Bind(&c, dir)
	b := boots(t, who, c)
	if err := b.WaitNotice(b.ctx, "READY=1"); err != nil {
		t.Fatal(err)
	}
	tree, units := b.text("sh", "-c", listing), b.text("sh", "-c", census)
	working, before := b.text("sh", "-c", processes), b.text("sh", "-c", states)
	installed := b.packages()
	b.install(files)
	b.settle()
	var r running
	r.installed = strings.Join(change(tree, b.text("sh", "-c", listing)), "\n")
	r.units = strings.Join(change(before, b.text("sh", "-c", states)), "\n")
	if got := b.text("dpkg", "--audit"); got != "" {
		t.Errorf("not all is configured: %s", got)
	}
	if got := b.text("systemctl", "--failed", "--no-legend", "--plain"); got != "" {
		t.Errorf("%s: failed units: %s", who, got)
	}
	b.purge(installed)
	b.settle()
	// The script that stops postfix is removed while it works, and fails or not.
	_, _, _ = b.Exec(b.ctx, "systemctl", "reset-failed", "postfix@-.service") // it may be gone
	r.failed = b.text("systemctl", "--failed", "--no-legend", "--plain")
	r.purged = strings.Join(change(tree, b.text("sh", "-c", listing)), "\n")
	r.left = strings.Join(change(units, b.text("sh", "-c", census)), "\n")
	r.processes = strings.Join(change(working, b.text("sh", "-c", processes)), "\n")
	return r
}

// TestPackagesBooted installs packages in machines that we and systemd booted: what is enabled, what runs, and what is
// left when they are purged must be the same.
func TestPackagesBooted(t *testing.T) {
	dir, files := fetched(t, daemons())
	want := installBooted(t, oracle, dir, files)
	got := installBooted(t, ours, dir, files)
	for _, c := range []struct{ what, got, want string }{
		{"installed", got.installed, want.installed},
		{"units", got.units, want.units},
		{"failed", got.failed, want.failed},
		{"purged", got.purged, want.purged},
		{"units left", got.left, want.left},
		{"processes left", got.processes, want.processes},
	} {
		for _, line := range change(c.want, c.got) {
			if !strings.Contains(line, ".timer") { // this version has no timers
				t.Errorf("%s: %s", c.what, line)
			}
		}
	}
	t.Logf("units:\n%s\nleft by both:\n%s\n%s\n%s", want.units, want.purged, want.left, want.processes)
}
