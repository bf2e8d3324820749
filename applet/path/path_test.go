package path_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/beside"
	"github.com/steward-init/steward/applet/path"
)

// dirs is what a generated user-dirs.dirs is made of.
var dirs = []string{
	"XDG_DESKTOP_DIR=\"$HOME/Bureau\"\n", "XDG_DOWNLOAD_DIR=\"$HOME/\"\n", "XDG_MUSIC_DIR=\"/srv/music/\"\n",
	"XDG_VIDEOS_DIR=/srv/videos\n", " XDG_PICTURES_DIR = \"/srv/p\"\n", "XDG_PUBLICSHARE_DIR=\"rel\"\n",
	"XDG_TEMPLATES_DIR=\"$HOME/a\\\"b\"\n", "XDG_DOCUMENTS_DIR=\"$HOME/doc\" # \"c\n", "XDG_DESKTOP_DIR=\"$HOMEx\"\n",
	"XDG_DESKTOP_DIR=\"$HOME\"", "#XDG_MUSIC_DIR=\"/x\"\n", "XDG_MUSIC_DIR\n", "XDG_MUSIC_DIR=\"/\xff\"\n", "\n", "x",
	"XDG_MUSIC_DIR=\"/one\"", "XDG_MUSIC_DIR_2=\"/one\"\n", "XDG_VIDEOS_DIR=\"\"\n",
}

// TestOracle compares generated environments with the real command.
func TestOracle(t *testing.T) {
	pair := beside.New(t, "systemd-path", path.Run)
	home := t.TempDir()
	if err := os.Mkdir(home+"/.config", 0o755); err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(from []string) string { return from[rnd.IntN(len(from))] }
	values := []string{"", "/", "//", "/a", "/a//b/./c/", "rel", "/usr", "/usr/", "/usr/../var", "/etc/passwd", home, home,
		"/a:/b", ":/x:", "rel:/y/", "/" + strings.Repeat("x", 256), "/\xff", "/d/../e"}
	variables := []string{"HOME", "HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
		"XDG_CONFIG_DIRS", "XDG_DATA_DIRS", "TMPDIR", "TEMP", "TMP", "PATH", "SYSTEMD_GENERATOR_PATH", "XDG_STATE_HOME"}
	// What the environment's odd paths do to the search for units is ours to decide, and is in docs/compat.md.
	sane := map[string][]string{"HOME": {"/a//b/./c/", home, "/", ""},
		"XDG_CONFIG_HOME": {"/a", home}, "XDG_DATA_HOME": {"/a", "/b/"},
		"XDG_RUNTIME_DIR": {"/run/x"},
		"XDG_CONFIG_DIRS": {"/f:/g", "/h"}, "XDG_DATA_DIRS": {"/usr/share:/x"}}
	names := []string{"user", "temporary", "nothing", "search-binaries", "user-runtime", "user-music", "search-shared",
		"--",
		"a\n\rb", "--suffix=x", "--suffix=/x/", "--suffix=/", "--suf", "../y",
		"", "-q", "search-binaries-default", "--suffix=",
		"search-configuration", "user-desktop", "user-configuration", "user-shared", "systemd-search-system-generator"}
	for range 500 {
		var c beside.Case
		for range rnd.IntN(6) {
			c.Args = append(c.Args, pick(names))
		}
		named := slices.ContainsFunc(c.Args, func(a string) bool { return !strings.HasPrefix(a, "-") && a != "" })
		if !named || slices.Contains(c.Args, "--suf") {
			c.Args = slices.DeleteFunc(c.Args, func(a string) bool { return a == "--suf" })
			named = false
		}
		for range rnd.IntN(5) {
			name := pick(variables)
			from := values
			if sane[name] != nil && !named {
				from = sane[name]
			}
			c.Env = append(c.Env, name+"="+pick(from))
		}
		text := ""
		for range rnd.IntN(5) {
			text += pick(dirs)
		}
		if err := os.WriteFile(home+"/.config/user-dirs.dirs", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		pair.Compare(t, c)
		if t.Failed() {
			t.Fatalf("user-dirs.dirs: %q", text)
		}
	}
}
