// Package sysusers is the command systemd-sysusers(8).
//
// It exists for packages and images that declare the system users they need. It must not know what the lines mean nor
// how accounts are written; package sysusers does.
package sysusers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/image"
	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/sysusers"
)

// options are those of systemd-sysusers(8).
var options = []ui.Option{
	{Long: "help", Short: "h"},
	{Long: "version"},
	{Long: "cat-config"},
	{Long: "root", Arg: ui.NeedsArg},
	{Long: "image", Arg: ui.NeedsArg},
	{Long: "replace", Arg: ui.NeedsArg},
	{Long: "dry-run"},
	{Long: "inline"},
	{Long: "no-pager"},
}

const help = `systemd-sysusers [OPTIONS...] [CONFIGURATION FILE...]

Make the system users and groups that configuration files declare.

  -h --help                 Show this help
     --version              Show the version
     --cat-config           Show the configuration files
     --root=PATH            Work on the system below this directory
     --image=PATH           Work on the system in this disk image
     --replace=PATH         Take the arguments in the place of this file
     --dry-run              Only say what would be done
     --inline               The arguments are lines of configuration
     --no-pager             Don't show through a pager
`

// session is one run of the command.
type session struct {
	ui.IO
	root    *rootfs.Root
	prefix  string // of the root, shown before paths; "" for the real one
	image   string // that has the root, "" for none
	replace string
	words   []string
	inline  bool
	dryRun  bool
	cat     bool
	noPager bool
}

// Run is the command.
func Run(ctx context.Context, u ui.IO, args []string) int {
	told := bufio.NewWriter(u.Err) // there are two lines for each user
	defer told.Flush()
	u.Err = told
	s := &session{IO: u}
	if status, done := s.parse(args); done {
		return status
	}
	if s.image != "" {
		return s.runInImage(ctx)
	}
	var err error
	if s.root, err = rootfs.Open(s.prefix); err != nil {
		return u.Fail("Failed to take /etc/passwd lock: %s", ui.Because(err))
	}
	defer s.root.Close()
	return s.run(ctx)
}

// runInImage works on the system in an image.
func (s *session) runInImage(ctx context.Context) int {
	opened, err := image.Open(s.image, image.Options{Check: true, Say: s.say})
	if err != nil {
		return s.Fail("%v", err)
	}
	s.root, s.prefix = opened.Root(), opened.Prefix()
	status := s.run(ctx)
	if err := opened.Close(); err != nil {
		return s.Fail("%v", err)
	}
	return status
}

// run works on the root.
func (s *session) run(ctx context.Context) int {
	if s.cat {
		return s.catConfig(ctx)
	}
	config, ok := s.read()
	if !ok {
		return 1
	}
	return s.apply(config)
}

// parse reads the command line.
func (s *session) parse(args []string) (status int, done bool) {
	given, words, err := ui.Options(args[0], args[1:], options)
	s.words = words
	for _, g := range given {
		switch g.Name {
		case "help":
			_, _ = io.WriteString(s.Out, help) // best effort: the reader may have gone
			return 0, true
		case "version":
			fmt.Fprintln(s.Out, ui.Version)
			return 0, true
		case "cat-config":
			s.cat = true
		case "root":
			if s.prefix, err = rootOf(g.Value); err != nil {
				return s.Fail("Failed to parse path \"%s\" and make it absolute: %s", g.Value, ui.Because(err)), true
			}
		case "image":
			s.image = g.Value
		case "replace":
			if !path.IsAbs(g.Value) || strings.HasSuffix(g.Value, "/") {
				return s.Fail("The argument to --replace= must be an absolute path."), true
			}
			if !strings.HasSuffix(g.Value, ".conf") {
				return s.Fail("The argument to --replace= must have the extension '.conf'."), true
			}
			s.replace = g.Value
		case "dry-run":
			s.dryRun = true
		case "inline":
			s.inline = true
		case "no-pager":
			s.noPager = true
		}
	}
	return s.check(err)
}

// rootOf makes a root's name absolute; "" is the real one.
func rootOf(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	absolute, err := filepath.Abs(name)
	if absolute == "/" {
		absolute = ""
	}
	return absolute, err
}

// check refuses options that don't go together.
func (s *session) check(err error) (status int, done bool) {
	switch {
	case err != nil:
		return s.Fail("%v", err), true
	case s.cat && s.replace != "":
		return s.Fail("Option --replace= is not supported with --cat-config"), true
	case s.replace != "" && len(s.words) == 0:
		return s.Fail("When --replace= is given, some configuration items must be specified"), true
	case s.image != "" && s.prefix != "":
		return s.Fail("Please specify either --root= or --image=, the combination of both is not supported."), true
	}
	return 0, false
}

// apply makes the accounts.
func (s *session) apply(config sysusers.Config) int {
	if !s.dryRun {
		unlock, err := sysusers.Lock(s.root)
		if err != nil {
			return s.Fail("Failed to take /etc/passwd lock: %s", ui.Because(err))
		}
		defer unlock()
	}
	before, err := sysusers.Read(s.root)
	if err != nil {
		return s.Fail("Failed to load user database: %s", ui.Because(err))
	}
	planner := &sysusers.Planner{Say: s.say, Owner: s.owner}
	texts := sysusers.Texts{Plan: planner.Plan(config, before), Days: s.today(), Secrets: s.secrets,
		Path: func(file string) string { return s.prefix + file }}
	after, err := texts.New(before)
	if err != nil {
		return s.Fail("%v", err)
	}
	if s.dryRun {
		for _, file := range would(texts.Plan) {
			s.say("Would write " + file + "…")
		}
		return 0
	}
	if err := sysusers.Apply(s.root, before, after); err != nil {
		return s.Fail("Failed to write files: %s", ui.Because(err))
	}
	return 0
}

// would names the files that a plan is about, in the order of the original.
func would(plan sysusers.Plan) (files []string) {
	if len(plan.Groups) > 0 || len(plan.Members) > 0 {
		files = append(files, "/etc/group", "/etc/gshadow")
	}
	if len(plan.Users) > 0 {
		files = append(files, "/etc/passwd", "/etc/shadow")
	}
	return files
}

// say tells the user something.
func (s *session) say(text string) {
	_, _ = io.WriteString(s.Err, ui.Logged(text)) // best effort: nobody may be listening
}

// today is the day of today since 1970-01-01, or that of $SOURCE_DATE_EPOCH, https://reproducible-builds.org.
func (s *session) today() int64 {
	const day = 24 * 60 * 60
	if seconds, err := strconv.ParseUint(s.Getenv("SOURCE_DATE_EPOCH"), 10, 63); err == nil {
		return int64(seconds) / day
	}
	return time.Now().Unix() / day
}

// owner tells who owns a path of the root.
func (s *session) owner(name string) (uid, gid uint32, ok bool) {
	st, err := s.root.Stat(name)
	return st.Uid, st.Gid, err == nil
}

// maxCredential bounds a credential, as the manager does. systemd.exec(5), LoadCredential=.
const maxCredential = 1 << 20

// credential reads a credential that was passed.
func (s *session) credential(name string) (string, bool) {
	dir := s.Getenv("CREDENTIALS_DIRECTORY")
	if !path.IsAbs(dir) {
		return "", false
	}
	root, err := rootfs.Open(dir)
	if err != nil {
		return "", false
	}
	defer root.Close()
	data, err := root.ReadFile(name, maxCredential)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.EINVAL) {
		s.say("Credential " + name + " can't be read: " + ui.Because(err))
	}
	return string(data), err == nil
}

// secrets are what credentials say of a user.
func (s *session) secrets(user string) sysusers.Secrets {
	var secrets sysusers.Secrets
	if secrets.Password, secrets.Set = s.credential("passwd.hashed-password." + user); !secrets.Set {
		if plain, ok := s.credential("passwd.plaintext-password." + user); ok {
			secrets.Password, secrets.Set = sysusers.HashPassword(plain, newSalt()), true
		}
	}
	secrets.Shell, _ = s.credential("passwd.shell." + user)
	return secrets
}
