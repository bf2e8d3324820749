package path

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/architecture"
	"github.com/steward-init/steward/sys"
)

// binaries is where programs are searched that nothing else is said of.
const binaries = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment is what paths depend on: variables, the user, and a few files.
type environment struct {
	lookup func(name string) (string, bool)
}

func (e environment) get(name string) string {
	value, _ := e.lookup(name)
	return value
}

// libraries is the folder for libraries of this machine's processor, with a slash before it.
func libraries() string {
	if tuple := architecture.Tuple(runtime.GOARCH); tuple != "" {
		return "/" + tuple
	}
	return ""
}

// temporary is the first of the usual variables that names a directory. file-hierarchy(7), tmp.
func (e environment) temporary(otherwise string) string {
	for _, name := range []string{"TMPDIR", "TEMP", "TMP"} {
		dir := e.get(name)
		normal := strings.TrimSuffix(dir, "/") == strings.TrimSuffix(path.Clean(dir), "/")
		if !path.IsAbs(dir) || len(dir) >= unix.PathMax || !normal {
			continue
		}
		if st, err := os.Stat(dir); err == nil && st.IsDir() {
			return dir
		}
	}
	return otherwise
}

// home is the user's home directory: $HOME, else that of the user database.
func (e environment) home() (string, error) {
	if dir := e.get("HOME"); path.IsAbs(dir) && validPath(dir) {
		return simplify(dir), nil
	}
	switch uid := os.Getuid(); uid {
	case 0:
		return "/root", nil
	case 65534:
		return "/", nil
	default:
		account, err := sys.Accounts{Directory: "/etc"}.User(strconv.Itoa(uid))
		if err != nil {
			return "", syscall.ESRCH
		}
		if !path.IsAbs(account.Home) || !validPath(account.Home) {
			return "", syscall.EINVAL
		}
		return simplify(account.Home), nil
	}
}

// simplify drops empty components and "." from an absolute path; ".." stays, as it may follow a symlink.
func simplify(text string) string {
	var b strings.Builder
	for component := range strings.SplitSeq(text, "/") {
		if component != "" && component != "." {
			b.WriteString("/" + component)
		}
	}
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
}

// validPath says whether the kernel would take a path: no component longer than NAME_MAX.
func validPath(text string) bool {
	if len(text) >= unix.PathMax {
		return false
	}
	for component := range strings.SplitSeq(text, "/") {
		if len(component) > unix.NAME_MAX {
			return false
		}
	}
	return true
}

func (e environment) belowHome(below string) (string, error) {
	home, err := e.home()
	if err != nil || below == "" {
		return home, err
	}
	return strings.TrimSuffix(home, "/") + below, nil
}

// variable is the absolute path that a variable has, else a place below the home directory.
func (e environment) variable(name, below string) (string, error) {
	if dir := e.get(name); path.IsAbs(dir) {
		return dir, nil
	}
	return e.belowHome(below)
}

func (e environment) configuration() (string, error) {
	return e.variable("XDG_CONFIG_HOME", "/.config")
}

func (e environment) runtime() (string, error) {
	if dir := e.get("XDG_RUNTIME_DIR"); path.IsAbs(dir) {
		return dir, nil
	}
	return "", syscall.ENXIO
}

// maxUserDirs bounds what is read of user-dirs.dirs.
const maxUserDirs = 1 << 20

// userDir is a directory that user-dirs.dirs(5) has for a variable, else a place below the home directory.
func (e environment) userDir(variable, below string) (string, error) {
	config, err := e.configuration()
	if err != nil {
		return "", err
	}
	file, err := os.OpenFile(config+"/user-dirs.dirs", os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return e.belowHome(below)
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxUserDirs))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		value, ok := assigned(line, variable)
		if rest, below := strings.CutPrefix(value, "$HOME"); ok && below && (rest == "" || rest[0] == '/') {
			return e.belowHome(rest)
		}
		if ok && path.IsAbs(value) {
			return value, nil
		}
	}
	return e.belowHome(below)
}

// assigned is what a line assigns to a variable, which must stand in double quotes; escapes stay as they are.
func assigned(line, variable string) (string, bool) {
	const blank = " \t\n\r"
	rest, ok := strings.CutPrefix(strings.TrimLeft(line, blank), variable)
	if !ok {
		return "", false
	}
	if rest, ok = strings.CutPrefix(strings.TrimLeft(rest, blank), "="); !ok {
		return "", false
	}
	if rest, ok = strings.CutPrefix(strings.TrimLeft(rest, blank), `"`); !ok {
		return "", false
	}
	end := strings.LastIndexByte(rest, '"')
	if end < 0 {
		return "", false
	}
	return rest[:end], true
}

// search is a list that has the user's own place first: that of a variable, else one below an absolute $HOME. What
// follows is a variable's list, or the usual one. A list of programs has no place of its own if its variable is set.
func (e environment) search(list, own, below, usual string) []string {
	var dirs []string
	value, set := "", false
	if list != "" {
		value, set = e.lookup(list)
	}
	if list == "PATH" && set {
		return split(value)
	}
	if dir := e.get(own); own != "" && path.IsAbs(dir) {
		dirs = append(dirs, dir)
	} else if home := e.get("HOME"); path.IsAbs(home) {
		dirs = append(dirs, strings.TrimSuffix(home, "/")+below)
	}
	if !set {
		value = usual
	}
	return append(dirs, split(value)...)
}

// split takes a list apart at colons; empty entries are none.
func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ':' })
}

// searchLibraries names the folder below /usr/lib twice, as the original does.
func (e environment) searchLibraries() ([]string, error) {
	dir := "/usr/lib" + libraries()
	return e.search("", "", "/.local/lib"+libraries(), dir+":"+dir), nil
}

func (e environment) searchUserUnits() ([]string, error) {
	home, err := e.home()
	if err != nil {
		return nil, err
	}
	return load.Paths(load.User, func(name string) string {
		if name == "HOME" {
			return home
		}
		return e.get(name)
	}).Dirs, nil
}

// generators is where generators of a mode are, systemd.generator(7). $SYSTEMD_GENERATOR_PATH says otherwise, and with
// a colon at its end, what comes before that.
func (e environment) generators(mode, vendor string) []string {
	list, set := e.lookup("SYSTEMD_GENERATOR_PATH")
	var dirs []string
	for _, dir := range split(list) {
		if !path.IsAbs(dir) {
			above, _ := os.Getwd() // best effort: where that is gone, relative paths are below the root
			dir = above + "/" + dir
		}
		dirs = append(dirs, simplify(dir))
	}
	if !set || strings.HasSuffix(list, ":") {
		for _, root := range []string{"/run", "/etc", "/usr/local/lib", vendor} {
			dirs = append(dirs, root+"/systemd/"+mode+"-generators")
		}
	}
	return dirs
}
