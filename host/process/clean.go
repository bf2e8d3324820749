package process

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/steward-init/steward/model"
)

// RemoverName is argv[0] of the process that removes a unit's directories: the manager's own program, which must call
// Remover when it is started by this name. A tree can be large, and the manager has others to serve.
const RemoverName = "steward-remover"

// What the arguments of a remover ask for, each with a root and a name below it.
const (
	removeTree = "tree"
	removeLink = "link"
)

// cleaner fills in the process that removes directories of a unit. It is not the unit's, but the manager's: none of the
// settings for commands applies. What it complains of goes to the unit's log.
func (l *Launcher) cleaner(p *plan, r *Request) error {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	spawn := *r.Spawn
	spawn.Command.Path = program
	p.spawn = &spawn
	out, err := l.journal(p)
	if err != nil {
		return err
	}
	s := &p.spec
	s.Path, s.Argv = "/proc/self/exe", append([]string{RemoverName}, l.resources(p.exec, r.Clean)...)
	s.Env, s.Umask = []string{"GOMAXPROCS=1"}, 0o022
	s.Stdin, s.Stdout, s.Stderr = l.null, out, out
	s.CgroupFD = -1
	if r.HasGroup {
		s.CgroupFD = r.GroupFD
	}
	return nil
}

// resources are the arguments of the remover: all that a unit's directories of some kinds may have left, also what they
// were in a service with DynamicUser=.
func (l *Launcher) resources(exec *model.Exec, what model.Resources) (args []string) {
	for _, dir := range exec.Directories {
		if !what.Has(dir.Kind) {
			continue
		}
		root := l.Roots[dir.Kind]
		for _, name := range dir.Paths {
			args = append(args, removeTree, root, name)
			if dir.Kind != model.DirConfiguration {
				args = append(args, removeTree, root, filepath.Join("private", name))
			}
		}
		for _, pair := range dir.Links {
			args = append(args, removeLink, root, pair[1])
		}
	}
	return args
}

// Remover is the program of that process. It goes on after what can't be removed, and ends with 1 then. Whoever wants
// to end it before kills it: half of a tree is no use to anybody.
func Remover(args []string, complaints io.Writer) (status int) {
	_ = os.WriteFile("/proc/self/comm", []byte(RemoverName), 0) // best effort: its name for people, else "exe"
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	for ; len(args) >= 3; args = args[3:] {
		act := remove
		if args[0] == removeLink {
			act = unlink
		}
		if err := act(args[1], args[2]); err != nil {
			_, _ = fmt.Fprintln(complaints, err) // best effort: the status says it as well
			status = 1
		}
	}
	if len(args) > 0 {
		_, _ = fmt.Fprintln(complaints, "remover: arguments that are no triple") // best effort: as above
		return 1
	}
	return status
}
