package tmpfiles

import (
	"bufio"
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/host/machineid"
	"github.com/steward-init/steward/syntax/architecture"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/sys"
	"github.com/steward-init/steward/tmpfiles"
)

// world is what lines depend on, in this root and for this user.
func (c *command) world() tmpfiles.World {
	accounts := &accounts{command: c}
	text := "uninitialized /etc/ detected"
	if c.user {
		text = "Required $XDG_... variable not defined"
	}
	return tmpfiles.World{
		Root: c.root, Boot: c.boot, Include: c.include, Exclude: c.exclude,
		Unresolved: text, Offline: c.root != "",
		Specifier:  c.specifier,
		User:       func(name string) (uint32, error) { return accounts.find(&accounts.users, "passwd", name) },
		Group:      func(name string) (uint32, error) { return accounts.find(&accounts.groups, "group", name) },
		Credential: c.credential,
		Exists: func(p string) bool {
			_, err := c.rootfs.Lstat(p)
			return !errors.Is(err, fs.ErrNotExist)
		},
	}
}

// errNoAccount says that there is no such user or group.
var errNoAccount = errors.New("no such user or group")

// accounts are the users and groups of the root, read when the first one is asked for.
type accounts struct {
	command       *command
	users, groups map[string]uint32
}

func (a *accounts) find(known *map[string]uint32, file, name string) (uint32, error) {
	if *known == nil {
		*known = map[string]uint32{}
		a.command.scan(file, func(name string, id uint32) bool {
			if _, have := (*known)[name]; !have {
				(*known)[name] = id
			}
			return true
		})
	}
	if id, ok := (*known)[name]; ok {
		return id, nil
	}
	if name == "root" {
		return 0, nil
	}
	return 0, errNoAccount
}

// scan reads the names and numbers of passwd(5) or group(5), until found says to stop.
func (c *command) scan(file string, found func(name string, id uint32) bool) {
	const limit = 16 << 20
	for _, dir := range []string{"/etc/", "/usr/lib/"} {
		data, err := c.rootfs.ReadFile(dir+file, limit)
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(strings.NewReader(string(data)))
		for lines.Scan() {
			fields := strings.SplitN(lines.Text(), ":", 4)
			if len(fields) < 4 {
				continue
			}
			id, err := strconv.ParseUint(fields[2], 10, 32)
			if err == nil && !found(fields[0], uint32(id)) {
				return
			}
		}
	}
}

// nameOf finds the name of a user or group by number, "" if it has none.
func (c *command) nameOf(file string, id uint32) (name string) {
	c.scan(file, func(n string, i uint32) bool {
		if i == id {
			name = n
		}
		return name == ""
	})
	return name
}

// userName names a user in messages.
func (c *command) userName(id uint32) string {
	if name := c.nameOf("passwd", id); name != "" {
		return name
	}
	if id == 0 {
		return "root"
	}
	return strconv.FormatUint(uint64(id), 10)
}

// groupName names a group in messages.
func (c *command) groupName(id uint32) string {
	if name := c.nameOf("group", id); name != "" || id != 0 {
		return cmp.Or(name, strconv.FormatUint(uint64(id), 10))
	}
	return "root"
}

func (c *command) home() (string, error) {
	if home := c.io.Getenv("HOME"); path.IsAbs(home) {
		return home, nil
	}
	if os.Geteuid() == 0 {
		return "/root", nil
	}
	return os.UserHomeDir()
}

// specifier is the meaning of "%c", tmpfiles.d(5) "SPECIFIERS".
func (c *command) specifier(letter byte) (string, error) {
	switch letter {
	case 'a':
		return architecture.Native(), nil
	case 'b':
		data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
		return strings.ReplaceAll(strings.TrimSpace(string(data)), "-", ""), err
	case 'm':
		return c.machineID()
	case 'A', 'B', 'M', 'o', 'w', 'W':
		return c.osRelease(osFields[letter])
	case 'H', 'l', 'v':
		return kernelName(letter)
	case 'u':
		return c.userName(uint32(os.Getuid())), nil
	case 'g':
		return c.groupName(uint32(os.Getgid())), nil
	case 'U':
		return strconv.Itoa(os.Getuid()), nil
	case 'G':
		return strconv.Itoa(os.Getgid()), nil
	case 'h':
		return c.home()
	case 'T', 'V':
		return c.temporary(letter), nil
	}
	return c.directory(letter)
}

// osFields are the fields of os-release(5) that have a specifier.
var osFields = [...]string{'A': "IMAGE_VERSION", 'B': "BUILD_ID", 'M': "IMAGE_ID", 'o': "ID", 'w': "VERSION_ID",
	'W': "VARIANT_ID"}

// osRelease is a field of the root's os-release(5), "" if it has none.
func (c *command) osRelease(field string) (string, error) {
	const limit = 1 << 20
	for _, p := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		data, err := c.rootfs.ReadFile(p, limit)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		assignments, _ := words.ParseEnvFile(p, data)
		for _, a := range assignments {
			if name, value, _ := strings.Cut(a, "="); name == field {
				return value, nil
			}
		}
		return "", nil
	}
	return "", tmpfiles.ErrUnresolved
}

// machineID is the root's machine-id(5), if it has one already.
func (c *command) machineID() (string, error) {
	id, err := machineid.ReadIn(c.rootfs)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOMEDIUM), errors.Is(err, unix.ENOPKG):
		return "", tmpfiles.ErrUnresolved
	case err != nil:
		return "", errors.New(ui.Because(err))
	}
	return id.String(), nil
}

// kernelName is what uname(2) tells: the host's name, long or short, or the kernel's release.
func kernelName(letter byte) (string, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", err
	}
	if letter == 'v' {
		return unix.ByteSliceToString(u.Release[:]), nil
	}
	name := unix.ByteSliceToString(u.Nodename[:])
	if letter == 'l' {
		name, _, _ = strings.Cut(name, ".")
	}
	return name, nil
}

// temporary is the directory for temporary files: as the environment says, else a small or a large one.
func (c *command) temporary(letter byte) string {
	for _, variable := range []string{"TMPDIR", "TEMP", "TMP"} {
		dir := c.io.Getenv(variable)
		if info, err := os.Stat(dir); err == nil && info.IsDir() && path.IsAbs(dir) {
			return tmpfiles.Simplify(dir)
		}
	}
	if letter == 'V' {
		return "/var/tmp"
	}
	return "/tmp"
}

// directory is a place of the system, or of the user with --user.
func (c *command) directory(letter byte) (dir string, err error) {
	var system, variable, below string
	switch letter {
	case 'C':
		system, variable, below = "/var/cache", "XDG_CACHE_HOME", ".cache"
	case 'L':
		system, variable, below = "/var/log", "XDG_CONFIG_HOME", ".config"
	case 'S':
		system, variable, below = "/var/lib", "XDG_CONFIG_HOME", ".config"
	case 't':
		system, variable = "/run", "XDG_RUNTIME_DIR"
	default:
		return "", tmpfiles.ErrUnknownSpecifier
	}
	switch {
	case !c.user:
		return system, nil
	case below != "":
		dir = c.userDir(variable, below)
	default:
		dir = c.io.Getenv(variable)
	}
	if !path.IsAbs(dir) {
		return "", tmpfiles.ErrUnresolved
	}
	if letter == 'L' {
		dir += "/log"
	}
	return dir, nil
}

// subvolumes says whether lines may make subvolumes: where the root is one itself, or as a variable says that systemd
// has for tests and builders of images.
func (c *command) subvolumes() bool {
	if forced, err := quantity.ParseBool(c.io.Getenv("SYSTEMD_TMPFILES_FORCE_SUBVOL")); err == nil {
		return forced
	}
	top, err := c.rootfs.Open("/", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return false
	}
	defer top.Close()
	is, err := sys.IsSubvolume(int(top.Fd()))
	return is && err == nil
}
