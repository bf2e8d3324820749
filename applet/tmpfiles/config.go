package tmpfiles

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/tmpfiles"
	"github.com/steward-init/steward/tmpfiles/apply"
)

// maxConfig bounds one configuration file.
const maxConfig = 64 << 20

// configDirs are the directories with configuration inside the root, that with the highest priority first.
func (c *command) configDirs() []string {
	if !c.user {
		return []string{"/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/local/lib/tmpfiles.d", "/usr/lib/tmpfiles.d",
			"/lib/tmpfiles.d"}
	}
	dirs := c.listOf("XDG_CONFIG_DIRS", "/etc/xdg")
	dirs = append(dirs, c.userDir("XDG_CONFIG_HOME", ".config"), c.io.Getenv("XDG_RUNTIME_DIR"),
		c.userDir("XDG_DATA_HOME", ".local/share"))
	dirs = append(dirs, c.listOf("XDG_DATA_DIRS", "/usr/local/share:/usr/share")...)
	var found []string
	for _, dir := range dirs {
		if path.IsAbs(dir) {
			found = append(found, path.Join(dir, "user-tmpfiles.d"))
		}
	}
	return found
}

func (c *command) listOf(variable, fallback string) []string {
	value := c.io.Getenv(variable)
	if value == "" {
		value = fallback
	}
	return strings.Split(value, ":")
}

// userDir is a directory of the user by the XDG rules.
func (c *command) userDir(variable, below string) string {
	if dir := c.io.Getenv(variable); path.IsAbs(dir) {
		return dir
	}
	home, err := c.home()
	if err != nil {
		return ""
	}
	return path.Join(home, below)
}

// configFile is a configuration file inside the root.
type configFile struct{ name, path string }

// configFiles lists the files that count, by name: of one name, that in the directory with the highest priority. The
// file that --replace= names is among them though it may not exist.
func (c *command) configFiles() ([]configFile, error) {
	byName := map[string]string{}
	var names []string
	add := func(name, p string) {
		if _, have := byName[name]; have {
			c.debug("Skipping overridden file '%s'.", c.root+p)
			return
		}
		byName[name] = p
		names = append(names, name)
	}
	for _, dir := range c.dirs {
		if path.Dir(c.replace) == dir {
			add(path.Base(c.replace), c.replace)
		}
		list, err := c.rootfs.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			c.log(tmpfiles.Message{Level: tmpfiles.Debug, Text: fmt.Sprintf("Failed to open directory '%s': %v", dir, err)})
		}
		for _, e := range list {
			if name := e.Name(); strings.HasSuffix(name, ".conf") && !e.IsDir() && path.Join(dir, name) != c.replace {
				add(name, path.Join(dir, name))
			}
		}
	}
	slices.Sort(names)
	var files []configFile
	for _, name := range names {
		files = append(files, configFile{name, byName[name]})
	}
	return files, nil
}

// read reads all configuration, and says whether it could.
func (c *command) read() bool {
	if c.replace == "" && len(c.words) > 0 {
		return c.readWords() && c.readCredential()
	}
	files, err := c.configFiles()
	if err != nil {
		c.io.Fail("Failed to read configuration: %s", apply.Text(err))
		return false
	}
	ok := true
	for _, f := range files {
		if f.path == c.replace {
			c.debug("Parsing arguments at position \"%s\"…", c.replace)
			ok = c.readWords() && ok
			continue
		}
		c.readInstalled(f.path)
	}
	return c.readCredential() && ok
}

// readInstalled reads a file that the command line does not name. What is wrong with it is told, and is no reason not
// to do what the others say; lines that are not understood count in the exit status.
func (c *command) readInstalled(p string) {
	failed := c.reader.Failed
	c.readPath(p, true)
	c.reader.Failed = failed
}

// readWords reads the files that the command line names, up to the first that can't be.
func (c *command) readWords() bool {
	for _, word := range c.words {
		if !c.readWord(word) {
			return false
		}
	}
	return true
}

func (c *command) readWord(word string) bool {
	if word == "-" {
		c.debug("Reading config from stdin…")
		data, err := io.ReadAll(io.LimitReader(c.io.In, maxConfig))
		return c.take("<stdin>", word, data, err)
	}
	if path.IsAbs(word) { // the host's file, whatever the root
		f, err := os.Open(word)
		if err != nil {
			return c.take(word, word, nil, err)
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, maxConfig))
		if err != nil {
			c.io.Fail("Failed to read '%s': %s", word, apply.Text(err))
			return false
		}
		return c.take(word, word, data, nil)
	}
	for _, dir := range c.dirs {
		if _, err := c.rootfs.Stat(path.Join(dir, word)); err == nil {
			return c.readPath(path.Join(dir, word), false)
		}
	}
	return c.take(word, word, nil, unix.ENOENT)
}

// readPath reads a file inside the root. One that is gone meanwhile may be none.
func (c *command) readPath(p string, mayMiss bool) bool {
	st, err := c.rootfs.Stat(p)
	if err == nil && st.Mode&unix.S_IFMT == unix.S_IFCHR {
		return true // a mask is a link to /dev/null
	}
	if c.masked(p) {
		return true
	}
	data, err := c.rootfs.ReadFile(p, maxConfig)
	if mayMiss && errors.Is(err, fs.ErrNotExist) {
		return true
	}
	return c.take(c.root+p, p, data, err)
}

// masked says whether a file is a link to /dev/null, which need not exist inside the root.
func (c *command) masked(p string) bool {
	target, err := c.rootfs.Readlink(p)
	return err == nil && target == "/dev/null"
}

// take hands a file to the reader.
func (c *command) take(name, asked string, data []byte, err error) bool {
	if err != nil {
		c.io.Fail("Failed to open '%s': %s", asked, apply.Text(err))
		return false
	}
	c.debug("Reading config file \"%s\"…", name)
	c.reader.Read(name, data)
	return true
}

// extra is the credential with more configuration.
const extra = "tmpfiles.extra"

func (c *command) readCredential() bool {
	data, err := c.credential(extra)
	if errors.Is(err, tmpfiles.ErrNoCredential) {
		return true
	}
	if err != nil {
		return c.take(extra, extra, nil, err)
	}
	return c.take(c.io.Getenv("CREDENTIALS_DIRECTORY")+"/"+extra, extra, data, nil)
}

// credential reads a credential that was passed to this process.
func (c *command) credential(name string) ([]byte, error) {
	dir := c.io.Getenv("CREDENTIALS_DIRECTORY")
	if !path.IsAbs(dir) {
		return nil, tmpfiles.ErrNoCredential
	}
	data, err := os.ReadFile(path.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, tmpfiles.ErrNoCredential
	}
	return data, err
}

// catConfig does --cat-config.
func (c *command) catConfig(ctx context.Context) int {
	files, err := c.configFiles()
	if err != nil {
		return c.io.Fail("Failed to read configuration: %s", apply.Text(err))
	}
	u, done := c.io, func() {}
	if !c.noPager {
		u, done = c.io.Pager(ctx)
	}
	defer done()
	for i, f := range files {
		var data []byte
		if !c.masked(f.path) {
			if data, err = c.rootfs.ReadFile(f.path, maxConfig); err != nil {
				return c.io.Fail("Failed to cat %s: %s", c.root+f.path, apply.Text(err))
			}
		}
		if i > 0 {
			fmt.Fprintln(u.Out)
		}
		fmt.Fprintf(u.Out, "%s\n", u.Paint(ui.Blue, "# "+u.FileLink(c.root+f.path, c.root+f.path)))
		if len(data) > 0 && data[len(data)-1] != '\n' {
			data = append(data, '\n')
		}
		_, _ = u.Out.Write(data) // best effort: the reader may have gone
	}
	return 0
}
