package image

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/steward-init/steward/image/fixture"
)

// file writes a sparse file that begins with something.
func file(t *testing.T, name, begin string, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(begin), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	return path
}

const luks = "LUKS\xba\xbe\x00\x02"

// refuse opens an image that can't be opened, and fails the test unless it is told why.
func refuse(t *testing.T, path string, o Options, want string) {
	t.Helper()
	i, err := Open(path, o)
	if err == nil {
		t.Errorf("%s was opened", path)
		_ = i.Close() // best effort: it should not be
		return
	}
	if got := strings.ReplaceAll(err.Error(), path, "IMAGE"); got != want {
		t.Errorf("%s:\n got %s\nwant %s", path, got, want)
	}
	nothingLeft(t, path)
}

// What is no image is refused before a device is looked for, by everybody.
func TestRefuses(t *testing.T) {
	empty := file(t, "empty", "", 0)
	crypt := "IMAGE: Encrypted file system discovered (crypto_LUKS), which this version does not decrypt: open it with " +
		"cryptsetup, mount it, and use --root= with the directory."
	unknown := "IMAGE: Couldn't identify a suitable partition table or file system."
	refuse(t, filepath.Join(t.TempDir(), "none"), Options{},
		"Failed to set up loopback device for IMAGE: No such file or directory")
	refuse(t, t.TempDir(), Options{}, "IMAGE is a directory: use --root= with it.")
	refuse(t, t.TempDir(), Options{ReadOnly: true}, "IMAGE is a directory: use --root= with it.")
	refuse(t, "/dev/null", Options{}, "IMAGE is neither a file nor a block device.")
	refuse(t, empty, Options{}, unknown)
	refuse(t, file(t, "zero", "", 1<<20), Options{}, unknown)
	refuse(t, file(t, "luks", luks, 1<<20), Options{}, crypt)
	refuse(t, file(t, "swap", strings.Repeat("\x00", 4086)+"SWAPSPACE2", 1<<20), Options{}, unknown)
	hashed := file(t, "x.raw", "", 1<<20)
	hash := strings.TrimSuffix(hashed, ".raw") + ".roothash"
	if err := os.WriteFile(hash, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refuse(t, hashed, Options{}, "IMAGE has a Verity root hash ("+hash+"), which this version does not check: open it "+
		"with veritysetup, mount it, and use --root= with the directory.")
}

// An image whose parts can't be used is refused as a whole.
func TestRefusesParts(t *testing.T) {
	fixture.Need(t)
	root := fixture.Partition{Type: fixture.RootType(t, "root"), File: fixture.FileSystem(t, "ext4", system)}
	bare := fixture.Partition{Type: fixture.RootType(t, "root"), File: fixture.FileSystem(t, "ext4", nil)}
	readOnly := fixture.Partition{Type: root.Type, Flags: "60", File: root.File}
	generic := fixture.Partition{Type: fixture.Generic, File: root.File}
	variable := fixture.Partition{Type: fixture.Var, File: bare.File}
	with := func(p fixture.Partition, content string) fixture.Partition {
		p.File = content
		return p
	}
	for _, c := range []struct {
		path, want string
	}{
		{bare.File, "Failed to mount image: there is no os-release file in IMAGE, so it holds no operating system."},
		{fixture.GPT(t, bare, variable),
			"Failed to mount image: there is no os-release file in IMAGE, so it holds no operating system."},
		{fixture.GPT(t, variable), "IMAGE: No suitable root partition found in image."},
		{fixture.GPT(t, generic, generic), "IMAGE: Multiple suitable root partitions found in image."},
		{fixture.GPT(t, readOnly, variable), "Failed to mount IMAGE, partition 2 on /var: Read-only file system"},
		{fixture.GPT(t, root, with(variable, file(t, "luks", luks, 1<<20))),
			"IMAGE, partition 2: Encrypted file system discovered (crypto_LUKS), which this version does not decrypt: open " +
				"it with cryptsetup, mount it, and use --root= with the directory."},
		{fixture.GPT(t, root, with(variable, file(t, "zero", "", 1<<20))),
			"IMAGE, partition 2: File system type not supported or not known."},
		{fixture.MBR(t, fixture.Partition{Type: "83", File: root.File}),
			"IMAGE: No suitable root partition found in image."},
	} {
		refuse(t, c.path, Options{}, c.want)
	}
}

// Where a kernel can't mount what the image says that it is, that is told with the kernel's reason.
func TestRefusesDamage(t *testing.T) {
	fixture.Need(t)
	path := fixture.FileSystem(t, "ext4", system)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	const blockSize = 1024 + 24 // of the superblock: 2^(10+n)
	if _, err := f.WriteAt([]byte{99}, blockSize); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(path, Options{ReadOnly: true})
	if err == nil || !strings.HasPrefix(err.Error(), "Failed to mount "+path+": mount ext4") {
		t.Errorf("%v", err)
	}
	_, err = Open(path, Options{Check: true})
	if err == nil || !strings.HasPrefix(err.Error(), path+": File system check on image failed: ") {
		t.Errorf("%v", err)
	}
	nothingLeft(t, path)
}

// Who is not root is told so, and what to do instead.
func TestRefusesOthers(t *testing.T) {
	path := file(t, "ext4", "", 1<<20)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{0x53, 0xef}, 1024+0x38); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(path, 0o666), os.Chmod(filepath.Dir(path), 0o755)); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{opens + "=" + path}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		makeReachable(t, path)
	}
	out, err := cmd.CombinedOutput()
	want := "Failed to detach mount namespace: Operation not permitted\n" +
		"Only root may mount an image: unpack it, or have it mounted, and use --root= with the directory."
	if err != nil || string(out) != want {
		t.Errorf("%v:\n got %s\nwant %s", err, out, want)
	}
}

// makeReachable lets others enter the directories above a file of the test.
func makeReachable(t *testing.T, path string) {
	t.Helper()
	for dir := filepath.Dir(path); strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// opens is the variable that has this program open an image, and print why it can't.
const opens = "STEWARD_TEST_OPEN_IMAGE"

func TestMain(m *testing.M) {
	path := os.Getenv(opens)
	if path == "" {
		os.Exit(m.Run())
	}
	i, err := Open(path, Options{})
	if err != nil {
		_, _ = os.Stdout.WriteString(err.Error()) // best effort: the test sees what is missing
		os.Exit(0)
	}
	_ = i.Close() // best effort: that it was opened is wrong enough
	os.Exit(1)
}
