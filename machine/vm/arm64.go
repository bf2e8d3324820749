package vm

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// armPackages are what tests of ours need of a system, for an architecture that this machine is not of.
const armPackages = "base-files base-passwd dash bash coreutils util-linux procps grep sed mawk findutils libc-bin " +
	"perl-base mount passwd login linux-image-cloud-arm64"

// armApt is a configuration of apt that knows another architecture, and nothing of what is installed here.
const armApt = `APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "root";
Dir::State "%[1]s/state";
Dir::State::status "%[1]s/state/status";
Dir::Cache "%[1]s/cache";
`

// armInit mounts what a first process mounts, runs each test in its package's folder, and switches the power off.
const armInit = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin HOME=/root TMPDIR=/tmp
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm; mount -t devpts devpts /dev/pts
for d in /tmp /dev/shm /run; do mount -t tmpfs tmpfs $d; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for t in /src/*/*.test /src/*/*/*.test; do
	cd ${t%/*}; $t -test.timeout 3h; echo "status of $PWD: $?"
done
echo o > /proc/sysrq-trigger
sleep 100
`

// MakeARM fetches a system of arm64 and its kernel, unless the kit has them.
func (k Kit) MakeARM(ctx context.Context) error {
	if _, err := os.Stat(k.path("arm64/root")); err == nil {
		return nil
	}
	top := k.path("arm64")
	for _, dir := range []string{"state/lists/partial", "cache/archives/partial", "half/usr/bin", "half/usr/sbin",
		"half/usr/lib"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{"apt.conf": fmt.Sprintf(armApt, top), "state/status": ""} {
		if err := os.WriteFile(filepath.Join(top, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return k.run(ctx, "sh", "-ec", `cd arm64; export APT_CONFIG=$PWD/apt.conf
apt-get update
apt-get install --yes --no-install-recommends --download-only `+armPackages+`
for d in bin sbin lib; do ln -sfn usr/$d half/$d; done
for d in cache/archives/*.deb; do dpkg-deb --fsys-tarfile $d | tar -x -C half --keep-directory-symlink; done
cp half/usr/share/base-passwd/passwd.master half/etc/passwd
cp half/usr/share/base-passwd/group.master half/etc/group
ln -sf dash half/bin/sh
mv half/boot/vmlinuz-* kernel
rm -rf half/boot half/usr/lib/modules half/usr/share/doc half/usr/share/locale half/usr/share/man half/var/lib/dpkg
mv half root`)
}

// TestARM runs tests of packages of this module in an emulated arm64 machine, and returns what is on its console.
func (k Kit) TestARM(ctx context.Context, dir string, packages ...string) (console string, err error) {
	files := map[string]string{"init": filepath.Join(dir, "init")}
	if err := os.WriteFile(files["init"], []byte(armInit), 0o755); err != nil {
		return "", err
	}
	for _, p := range packages {
		test := filepath.Join(dir, filepath.Base(p)+".test")
		cmd := exec.CommandContext(ctx, "go", "test", "-c", "-o", test, "github.com/steward-init/steward/"+p)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH=arm64")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", p, err, out)
		}
		files["src/"+p+"/"+filepath.Base(test)] = test
		out, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "github.com/steward-init/steward/"+p).Output()
		if err != nil {
			return "", err
		}
		source := strings.TrimSpace(string(out))
		data, err := filepath.Glob(filepath.Join(source, "testdata/*"))
		if err != nil {
			return "", err
		}
		for _, path := range data {
			files["src/"+p+"/testdata/"+filepath.Base(path)] = path
		}
	}
	initrd := filepath.Join(dir, "initrd")
	if err := pack(initrd, k.path("arm64/root"), files); err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m",
		"1500", "-nographic", "-no-reboot", "-kernel", k.path("arm64/kernel"), "-initrd", initrd,
		"-append", "console=ttyAMA0 panic=-1 quiet rdinit=/init").CombinedOutput()
	return strings.ReplaceAll(string(out), "\r", ""), err
}
