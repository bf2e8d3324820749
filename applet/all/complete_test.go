package all

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/complete"
	"github.com/steward-init/steward/applet/manual"
	"github.com/steward-init/steward/applet/ui"
)

// TestMain lets the test binary be steward, for the shells.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "steward" {
		os.Exit(applet.Main(context.Background(), ui.Std(), Table(), os.Args, os.Getpid() == 1))
	}
	os.Exit(m.Run())
}

// image is a root with unit files whose names are hard to complete.
func image(t *testing.T) string {
	root := t.TempDir()
	dir := filepath.Join(root, "etc/systemd/system")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alpha.service", "alpha-two.service", "beta@.service", `dev-disk\x2done.service`} {
		text := "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// lines are command lines, ROOT standing for an image, and what their last word could be, not all of it.
var lines = []struct{ line, want string }{
	{"systemctl is-sys", "is-system-running"},
	{"systemctl --user list-dep", "list-dependencies"},
	{"systemctl --job-m", "--job-mode="},
	{"systemctl --job-mode=replace-", "--job-mode=replace-irreversibly"},
	{"systemctl --type=service,sock", "--type=service,socket"},
	{"systemctl kill -s US", "USR1 USR2"},
	{"systemctl --root=ROOT enable alph", "alpha.service alpha-two.service"},
	{"systemctl --root ROOT cat beta@", "beta@.service"},
	{`systemctl --root=ROOT edit dev-`, `dev-disk\x2done.service`},
	{"systemd-analyze cale", "calendar"},
	{"systemd-analyze --recursive-errors=o", "--recursive-errors=one"},
	{"steward system", "systemctl systemd-analyze"},
	{"steward systemctl preset-a", "preset-all"},
	{"steward plan iso", "isolate"},
	{"steward --log-level=de", "--log-level=debug"},
	{"steward completion fi", "fish"},
	{"steward man steward.d", "steward.directives"},
	{"poweroff --no-w", "--no-wall"},
	{"shutdown --po", "--poweroff"},
	{"systemctl start -- --no", ""},
	{"systemctl nonsense ", ""},
	{"systemctl --root=ROOT restart alph", "alpha.service"},
	{"steward plan --root=ROOT add-wants multi-user.target alph", "alpha.service"},
	{"systemctl show -p Id,Sub", "Id,SubState"},
	{"systemctl set-property alpha.service CPUW", "CPUWeight="},
	{"systemctl set-property alpha.service CPUA", "CPUAccounting="},
}

// shellLines are about what shells do themselves: quotes and files.
var shellLines = []struct{ line, want string }{
	{`systemctl --root=ROOT edit 'dev-`, `dev-disk\x2done.service`},
	{`systemctl --root=ROOT edit "dev-`, `dev-disk\x2done.service`},
	{`systemctl --root=ROOT edit dev-disk\\x`, `dev-disk\x2done.service`},
	{"systemd-analyze verify ROOT/etc/systemd/system/al", "ROOT/etc/systemd/system/alpha.service"},
	{"systemctl --root ROOT/e", "ROOT/etc"},
	{"systemctl --root=ROOT/e", "--root=ROOT/etc"},
}

func TestComplete(t *testing.T) {
	root := image(t)
	for _, c := range lines {
		words := strings.Split(strings.ReplaceAll(c.line, "ROOT", root), " ")
		a := complete.Complete(context.Background(), ui.IO{}, Table(), words)
		var got []string
		for _, w := range a.Words {
			got = append(got, words[len(words)-1][:a.From]+w.Word)
		}
		check(t, "", c.line, got, c.want)
	}
}

// check holds what was completed against what is wanted; without a want there must be nothing.
func check(t *testing.T, shell, line string, got []string, want string) {
	t.Helper()
	ok := want != "" || len(got) == 0
	for word := range strings.FieldsSeq(want) {
		ok = ok && slices.Contains(got, word)
	}
	if !ok {
		t.Errorf("%s: %s: %q, want %q", shell, line, got, want)
	}
}

// TestShells has real shells complete all lines with the scripts that they are given.
func TestShells(t *testing.T) {
	drivers := map[string]string{
		"bash": `source "$1"; COMP_LINE=$2 COMP_POINT=${#2}; _steward x "${2##*[ =]}"
			for word in "${COMPREPLY[@]}"; do printf '%s\n' "$word"; done`,
		"zsh": `compdef() { :; }; _describe() {
				while [[ $1 == -* ]]; do [[ $1 == -t ]] && shift; shift; done; print -rl -- ${(P)2} }
			compset() { PREFIX=${PREFIX#*=}; }; _files() { print -rl -- $PREFIX*(N) }
			source $1; words=("${(@s: :)2}"); CURRENT=$#words; PREFIX=${words[-1]#[\'\"]}; _steward; :`,
		"fish": `source $argv[1]; complete -C $argv[2]; or true`,
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root, bin := image(t), t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "steward")); err != nil {
		t.Fatal(err)
	}
	for shell, driver := range drivers {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skip("needs " + shell)
			}
			script := filepath.Join(bin, shell+".script")
			if err := os.WriteFile(script, []byte(complete.Text(shell, Table())), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, c := range slices.Concat(lines, shellLines) {
				line, want := strings.ReplaceAll(c.line, "ROOT", root), strings.ReplaceAll(c.want, "ROOT", root)
				args := map[string][]string{"bash": {"--norc", "-c", driver, "bash"}, "zsh": {"-f", "-c", driver, "zsh"},
					"fish": {"--no-config", "-c", driver, "--"}}[shell]
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				cmd := exec.CommandContext(ctx, path, append(args, script, line)...)
				cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+bin, "STEWARD_LAUNCH=no")
				var out, errs bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &errs
				err := cmd.Run()
				cancel()
				if err != nil || errs.Len() > 0 {
					t.Errorf("%s: %v: %s", line, err, &errs)
				}
				check(t, shell, line, plain(shell, line, out.String()), want)
			}
		})
	}
}

// plain is what a shell was given, as whole words without what shells add.
func plain(shell, line, out string) []string {
	var words []string
	option := ""
	if last := line[strings.LastIndexByte(line, ' ')+1:]; strings.HasPrefix(last, "--") && strings.Contains(last, "=") {
		option = last[:strings.IndexByte(last, '=')+1]
	}
	for word := range strings.Lines(out) {
		word, _, _ = strings.Cut(strings.TrimSuffix(word, "\n"), "\t")
		word = strings.TrimSuffix(word, "/")
		switch {
		case shell == "bash" && strings.Contains(line, "'"):
		case shell == "bash":
			word = option + strings.ReplaceAll(word, `\\`, `\`)
		case shell == "zsh":
			word, _, _ = strings.Cut(word, ":")
			word = option + strings.ReplaceAll(word, `\\`, `\`)
		}
		words = append(words, word)
	}
	return words
}

// TestFishOwn loads the script as a user does: what fish itself has for some commands must not be mixed in.
func TestFishOwn(t *testing.T) {
	fish, err := exec.LookPath("fish")
	if err != nil {
		t.Skip("needs fish")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"script": complete.Text("fish", Table()),
		"steward": "#!/bin/sh\n", "poweroff": "#!/bin/sh\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), fish, "-c",
		`source $argv[1]; complete -C "poweroff --"; or true`, "--", dir+"/script")
	cmd.Env = []string{"PATH=" + dir, "HOME=" + dir}
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: a steward that knows no word, and yet:\n%s", err, out)
	}
}

// TestManualPages has the formatter look at every page, with all warnings.
func TestManualPages(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("needs groff")
	}
	for _, p := range manual.Pages(Table()) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		cmd := exec.CommandContext(ctx, groff, "-man", "-ww", "-z")
		cmd.Stdin = strings.NewReader(p.Text())
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v: %s", p.Path(), err, out)
		}
		cancel()
	}
}
