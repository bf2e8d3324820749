// Package condition decides Condition…= and Assert…= lines by looking at the machine.
//
// It exists so that the engine only sees verdicts. Each kind is a row of one table: its name and the test. It must not
// know what follows from a verdict. systemd.unit(5), "Conditions and Asserts".
package condition

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/cmdline"
	"github.com/steward-init/steward/model"
)

// Checker holds what does not change while the manager runs.
type Checker struct {
	User           bool
	Architecture   string
	Virtualization string // systemd-detect-virt's word, "none" for none
	Container      bool
	Hostname       func() string
	MachineID      string
	// CommandLine is what the machine was booted with.
	CommandLine cmdline.Line
	// FirstBoot is the file that is there while the machine boots for the first time.
	FirstBoot string
	// Environment is the manager's own block, read when a condition asks.
	Environment func() []string
	// Controllers are the control group controllers that units can use.
	Controllers []string
	// Group is the directory of a slice's control group; nil where there are none.
	Group func(slice string) string
}

// FirstBoot is where the manager puts that file. Units and generators look for it too.
const FirstBoot = "/run/systemd/first-boot"

// test decides one value. The parameter has no "!" or "|" any more.
type test func(c *Checker, value string) (bool, error)

// tests has the documented kinds, by the directive's name without its Condition or Assert prefix.
var tests = map[string]test{
	"ACPower":                isOnACPower,
	"Architecture":           isArchitecture,
	"CPUPressure":            isPressureBelow("cpu"),
	"CPUFeature":             hasCPUFeature,
	"CPUs":                   hasCPUs,
	"Capability":             hasCapability,
	"ControlGroupController": hasController,
	"Credential":             hasCredential,
	"DirectoryNotEmpty":      isDirectoryNotEmpty,
	"Environment":            hasEnvironment,
	"FileIsExecutable":       isExecutable,
	"FileNotEmpty":           isFileNotEmpty,
	"Firmware":               isFirmware,
	"FirstBoot":              isFirstBoot,
	"Group":                  isGroup,
	"Host":                   isHost,
	"IOPressure":             isPressureBelow("io"),
	"KernelCommandLine":      hasKernelArgument,
	"KernelVersion":          isKernelVersion,
	"Memory":                 hasMemory,
	"MemoryPressure":         isPressureBelow("memory"),
	"NeedsUpdate":            needsUpdate,
	"OSRelease":              isOSRelease,
	"PathExists":             pathExists,
	"PathExistsGlob":         globExists,
	"PathIsDirectory":        isDirectory,
	"PathIsEncrypted":        isEncrypted,
	"PathIsMountPoint":       isMountPoint,
	"PathIsReadWrite":        isReadWrite,
	"PathIsSymbolicLink":     isSymlink,
	"Security":               hasSecurity,
	"User":                   isUser,
	"Virtualization":         isVirtualization,
}

// Check decides all conditions and asserts of a unit, in order.
func (c *Checker) Check(u *model.Unit) (conditions, asserts []port.Verdict) {
	return c.decide(u.Conditions), c.decide(u.Asserts)
}

func (c *Checker) decide(list []model.Condition) []port.Verdict {
	if len(list) == 0 {
		return nil
	}
	verdicts := make([]port.Verdict, len(list))
	for i, condition := range list {
		verdicts[i] = c.one(condition)
	}
	return verdicts
}

func (c *Checker) one(condition model.Condition) port.Verdict {
	decide := tests[condition.Kind]
	if decide == nil {
		return port.Verdict{True: false, Err: "this version can't check it"}
	}
	holds, err := decide(c, condition.Value)
	if err != nil {
		return port.Verdict{Err: err.Error()}
	}
	return port.Verdict{True: holds != condition.Negate}
}

func pathExists(_ *Checker, path string) (bool, error) {
	_, err := os.Stat(path)
	return err == nil, nil
}

func isDirectory(_ *Checker, path string) (bool, error) {
	info, err := os.Stat(path)
	return err == nil && info.IsDir(), nil
}

func isSymlink(_ *Checker, path string) (bool, error) {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&os.ModeSymlink != 0, nil
}

func isDirectoryNotEmpty(_ *Checker, path string) (bool, error) {
	dir, err := os.Open(path)
	if err != nil {
		return false, nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(1) // best effort: an error is an empty list
	return len(names) > 0, nil
}

func isFileNotEmpty(_ *Checker, path string) (bool, error) {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0, nil
}

func isExecutable(_ *Checker, path string) (bool, error) {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0, nil
}

func isReadWrite(_ *Checker, path string) (bool, error) {
	var st unix.Statfs_t
	if unix.Statfs(path, &st) != nil {
		return false, nil
	}
	return st.Flags&unix.ST_RDONLY == 0, nil
}

// isMountPoint compares the mount IDs of a path and of its parent, which tells bind mounts too.
func isMountPoint(_ *Checker, path string) (bool, error) {
	var self, parent unix.Statx_t
	flags := unix.AT_NO_AUTOMOUNT
	if unix.Statx(unix.AT_FDCWD, path, flags, unix.STATX_MNT_ID, &self) != nil {
		return false, nil
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil || real == "/" {
		return err == nil, nil
	}
	if unix.Statx(unix.AT_FDCWD, filepath.Dir(real), flags, unix.STATX_MNT_ID, &parent) != nil {
		return false, nil
	}
	return self.Mnt_id != parent.Mnt_id, nil
}

// isEncrypted looks whether the block device below a path is a dm-crypt volume.
func isEncrypted(_ *Checker, path string) (bool, error) {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return false, nil
	}
	file := fmt.Sprintf("/sys/dev/block/%d:%d/dm/uuid", unix.Major(st.Dev), unix.Minor(st.Dev))
	data, err := os.ReadFile(file)
	return err == nil && strings.HasPrefix(string(data), "CRYPT-"), nil
}
