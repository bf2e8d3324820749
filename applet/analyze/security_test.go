package analyze

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/wire/dbus"
)

// hardened is a service that passes nearly every check.
const hardened = "DynamicUser=yes|PrivateNetwork=yes|PrivateDevices=yes|PrivateTmp=yes|PrivateUsers=yes|" +
	"ProtectControlGroups=yes|ProtectKernelModules=yes|ProtectKernelTunables=yes|ProtectKernelLogs=yes|ProtectClock=yes|" +
	"ProtectHome=yes|ProtectHostname=yes|ProtectSystem=strict|RootDirectory=/x|LockPersonality=yes|" +
	"MemoryDenyWriteExecute=yes|NoNewPrivileges=yes|CapabilityBoundingSet=|UMask=0077|ProtectProc=noaccess|" +
	"ProcSubset=pid|RestrictRealtime=yes|RestrictSUIDSGID=yes|RestrictNamespaces=yes|RestrictAddressFamilies=none|" +
	"SystemCallArchitectures=native|SystemCallFilter=@system-service|IPAddressDeny=any|DevicePolicy=closed"

// services are the settings to compare, a service in each line.
const services = `
User=nobody
User=65534
User=daemon|SupplementaryGroups=adm|RemoveIPC=yes|Delegate=cpu|NotifyAccess=all
User=daemon|AmbientCapabilities=CAP_KILL|KeyringMode=shared
DynamicUser=yes|User=foo
SupplementaryGroups=adm
ProtectHome=read-only|ProtectSystem=yes|UMask=0000
ProtectHome=tmpfs|ProtectSystem=full|UMask=0007
ProtectHome=1|ProtectSystem=true|UMask=0027
ProtectHome=no|UMask=0023|ProtectProc=invisible|ProcSubset=pid
ProtectProc=noaccess
RootImage=/x.img|PrivateMounts=yes|UMask=0057
RootDirectory=/
RestrictNamespaces=user mnt|RestrictNamespaces=~user
RestrictNamespaces=~net ipc|RestrictNamespaces=~user
RestrictNamespaces=yes|RestrictNamespaces=
RestrictAddressFamilies=AF_UNIX AF_INET|RestrictAddressFamilies=~AF_UNIX
RestrictAddressFamilies=~AF_X25 AF_PACKET
RestrictAddressFamilies=AF_UNIX|RestrictAddressFamilies=
SystemCallArchitectures=native x86
SystemCallArchitectures=x86
SystemCallFilter=@system-service|SystemCallFilter=~@privileged @resources
SystemCallFilter=~@mount @swap:EPERM
SystemCallFilter=@swap:EPERM @clock
SystemCallFilter=~chown|SystemCallFilter=~swapon swapoff
SystemCallFilter=~@swap|SystemCallFilter=swapon
SystemCallFilter=@known|SystemCallFilter=
IPAddressDeny=any|IPAddressAllow=localhost
IPAddressDeny=0.0.0.0/0 ::/0|IPAddressAllow=10.0.0.0/8
IPAddressDeny=10.0.0.0/8
IPIngressFilterPath=/sys/fs/bpf/x
DevicePolicy=closed|DeviceAllow=/dev/sda rw|DeviceAllow=/dev/sdb r|DeviceAllow=char-x
DeviceAllow=/dev/sda rw
PrivateDevices=yes|ProtectClock=yes
DevicePolicy=strict|ProtectKernelModules=yes|ProtectKernelLogs=yes
CapabilityBoundingSet=CAP_KILL|CapabilityBoundingSet=CAP_BPF
CapabilityBoundingSet=~CAP_KILL|CapabilityBoundingSet=~CAP_BPF
CapabilityBoundingSet=~CAP_AUDIT_WRITE CAP_AUDIT_READ CAP_AUDIT_CONTROL
CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_NET_RAW
AmbientCapabilities=CAP_NET_ADMIN|NoNewPrivileges=yes
`

// TestSecurityOffline compares everything that is printed of generated services and of what is installed.
func TestSecurityOffline(t *testing.T) {
	dir := t.TempDir()
	var names []string
	add := func(name, text string) {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	for i, line := range strings.Split(hardened+services, "\n") {
		add(fmt.Sprintf("s%d.service", i), "[Service]\nExecStart=/bin/true\n"+strings.ReplaceAll(line, "|", "\n")+"\n")
	}
	add("early.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\nUser=daemon\n")
	add("s0.socket", "[Socket]\nListenStream=/run/x\nPrivateTmp=yes\nService=s0.service\n")
	policy := filepath.Join(dir, "policy.json")
	if err := os.WriteFile(policy, []byte(`{"PrivateNetwork": {"description_bad": "net", "weight": 9000, "range": 2},
		"UserOrDynamicUser": {"description_good": "user", "description_na": "x", "weight": 0}, "SystemCallFilter_swap": 5,
		"Nothing": {"weight": 3}, "UMask": {"weight": -1, "range": 40}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	profile := filepath.Join(dir, "profile.conf")
	if err := os.WriteFile(profile, []byte("[Service]\nPrivateTmp=yes\nProtectHome=yes\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, options := range [][]string{{}, {"--json=short"}, {"--json=pretty"}, {"--threshold=50"}, {"--threshold=100"},
		{"--security-policy=" + policy}, {"--profile=" + profile}} {
		for _, colours := range []string{"0", "1"} {
			env := map[string]string{"TZ": "UTC", "SYSTEMD_COLORS": colours, "LANG": "C.UTF-8", "TERM": "xterm"}
			args := append([]string{"--offline=yes", "security"}, options...)
			got, want := ours(env, append(args, names...)...), oracle(t, env, append(args, names...)...)
			if got.status != want.status {
				t.Errorf("%q: status %d, want %d", options, got.status, want.status)
			}
			firstDifference(t, options, got.out, want.out)
		}
	}
	for _, args := range []string{
		"nosuch.service", "dbus", "dbus.service", "/nowhere/x.service", "--profile=nope dbus.service",
		"--security-policy=/nowhere dbus.service", "dbus.target",
	} {
		same(t, plain, append([]string{"--offline=yes", "security"}, strings.Fields(args)...)...)
	}
	root := folder(t, "usr/lib/systemd/system/linked.service", "[Service]\nExecStart=/bin/true\n")
	links := map[string]string{"TZ": "UTC", "SYSTEMD_URLIFY": "1", "LANG": "C.UTF-8"}
	same(t, links, "--offline=yes", "security", "--root="+root, "linked.service")
}

// firstDifference reports the first line that differs.
func firstDifference(t *testing.T, of []string, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Errorf("%q, line %d:\n got %.900q\nwant %.900q", of, i, g[i], w[i])
			return
		}
	}
	if len(g) != len(w) {
		t.Errorf("%q: %d lines, want %d", of, len(g), len(w))
	}
}

// TestSecurityProperties sees that a manager's properties come to the same as the lines of a file.
func TestSecurityProperties(t *testing.T) {
	for _, c := range []struct {
		lines      string
		properties dbus.Dict
	}{
		{"PrivateTmp=yes|User=daemon|ProtectHome=tmpfs", dbus.Dict{{Key: "PrivateTmp", Value: dbus.Variant{Value: true}},
			{Key: "User", Value: dbus.Variant{Value: "daemon"}}, {Key: "ProtectHome", Value: dbus.Variant{Value: "tmpfs"}}}},
		{"UMask=0077|CapabilityBoundingSet=CAP_KILL|AmbientCapabilities=CAP_CHOWN", dbus.Dict{
			{Key: "UMask", Value: dbus.Variant{Value: uint32(0o077)}},
			{Key: "CapabilityBoundingSet", Value: dbus.Variant{Value: uint64(1 << 5)}},
			{Key: "AmbientCapabilities", Value: dbus.Variant{Value: uint64(1)}}}},
		{"RestrictNamespaces=user mnt|SystemCallArchitectures=native", dbus.Dict{
			{Key: "RestrictNamespaces", Value: dbus.Variant{Value: uint64(0x10020000)}},
			{Key: "SystemCallArchitectures", Value: dbus.Variant{Value: []string{"native"}}}}},
		{"SystemCallFilter=@clock swapon:EPERM|RestrictAddressFamilies=~AF_UNIX", dbus.Dict{
			{Key: "SystemCallFilter", Value: dbus.Variant{Value: dbus.Struct{true, []string{"@clock", "swapon:EPERM"}}}},
			{Key: "RestrictAddressFamilies", Value: dbus.Variant{Value: dbus.Struct{false, []string{"AF_UNIX"}}}}}},
		{"", dbus.Dict{{Key: "SystemCallFilter", Value: dbus.Variant{Value: dbus.Struct{false, []string{}}}},
			{Key: "RestrictNamespaces", Value: dbus.Variant{Value: uint64(0x7e020000)}},
			{Key: "IPAddressDeny", Value: dbus.Variant{Value: []any{}}}}},
		{"IPAddressDeny=any|IPAddressAllow=127.0.0.0/8|DevicePolicy=closed|DeviceAllow=/dev/sda rw", dbus.Dict{
			{Key: "IPAddressDeny", Value: dbus.Variant{Value: []any{dbus.Struct{int32(2), make([]byte, 4), uint32(0)},
				dbus.Struct{int32(10), make([]byte, 16), uint32(0)}}}},
			{Key: "IPAddressAllow", Value: dbus.Variant{Value: []any{dbus.Struct{int32(2), []byte{127, 0, 0, 0}, uint32(8)}}}},
			{Key: "DevicePolicy", Value: dbus.Variant{Value: "closed"}},
			{Key: "DeviceAllow", Value: dbus.Variant{Value: []any{dbus.Struct{"/dev/sda", "rw"}}}}}},
	} {
		file, manager := newSettings("x.service"), newSettings("x.service")
		file.read("x.service", []byte("[Service]\n"+strings.ReplaceAll(c.lines, "|", "\n")), "Service")
		file.imply()
		for _, p := range c.properties {
			manager.property(p.Key.(string), p.Value.(dbus.Variant).Value)
		}
		want, exposure, _ := assess(file, nil)
		got, exposed, _ := assess(manager, nil)
		for i := range want {
			if got[i].verdict != want[i].verdict {
				t.Errorf("%s: %s is %+v, want %+v", c.lines, want[i].id, got[i].verdict, want[i].verdict)
			}
		}
		if exposed != exposure {
			t.Errorf("%s: exposure %d, want %d", c.lines, exposed, exposure)
		}
	}
}

// FuzzSettings sees that no lines do harm, and that exposures stay in their bounds.
func FuzzSettings(f *testing.F) {
	for line := range strings.SplitSeq(hardened+services, "\n") {
		f.Add(strings.ReplaceAll(line, "|", "\n"))
	}
	f.Fuzz(func(t *testing.T, lines string) {
		s := newSettings("x.service")
		s.read("x.service", []byte("[Service]\n"+lines), "Service")
		s.imply()
		if _, exposure, sum := assess(s, nil); exposure < 0 || exposure > 100 || sum < 1 {
			t.Errorf("exposure %d of %d", exposure, sum)
		}
	})
}
