package condition

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/sys"
)

// maxStamp bounds what is read of a stamp file.
const maxStamp = 4096

// needsUpdate holds when /usr is newer than the stamp that an update leaves in /etc or /var, unless the kernel's
// command line knows better. What can't be written to can't be updated. systemd.unit(5), ConditionNeedsUpdate=.
func needsUpdate(c *Checker, dir string) (bool, error) {
	if told, ok := c.CommandLine.Bool("systemd.condition_needs_update"); ok {
		return told, nil
	}
	if !strings.HasPrefix(dir, "/") {
		dir = "/" + dir
	}
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) == nil && fs.Flags&unix.ST_RDONLY != 0 {
		return false, nil
	}
	path := filepath.Join(dir, ".updated")
	stamp, err := os.Lstat(path)
	if err != nil {
		return true, nil
	}
	usr, err := os.Stat("/usr")
	if err != nil {
		return true, nil
	}
	newest, last := usr.ModTime().UnixNano(), stamp.ModTime().UnixNano()
	if stamp.ModTime().Nanosecond() == 0 && stamp.ModTime().Unix() == usr.ModTime().Unix() {
		if said, ok := stampOf(path); ok { // the file system keeps whole seconds: the file says more
			last = said
		}
	}
	return newest > last, nil
}

// stampOf is the time in nanoseconds that a stamp file tells. systemd-update-done.service(8).
func stampOf(path string) (int64, bool) {
	data, err := sys.ReadFile(path, maxStamp)
	if err != nil {
		return 0, false
	}
	entries, _ := words.ParseEnvFile(path, data) // a bad line there is no reason to say nothing of the others
	for _, entry := range entries {
		if text, ok := strings.CutPrefix(entry, "TIMESTAMP_NSEC="); ok {
			n, err := strconv.ParseInt(text, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
