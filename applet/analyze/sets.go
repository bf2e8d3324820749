package analyze

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/filesystems"
	"github.com/steward-init/steward/syntax/syscalls"
)

// underlined shows what is a set itself within a list, and lineEnd what ends the other lines in colours.
const (
	underlined ui.Style = "\x1b[0m\x1b[0;4m"
	lineEnd    string   = "\x1b[0m"
)

// printSet prints a set: its name, what it is for, and its members.
func (s *session) printSet(name, summary string, members []string) {
	end := ""
	if s.Color() {
		end = lineEnd
	}
	s.printf("%s\n    # %s\n", s.Paint(ui.Bold, name), summary)
	for _, member := range members {
		if strings.HasPrefix(member, "@") {
			s.printf("    %s\n", s.Paint(underlined, member))
			continue
		}
		s.printf("    %s%s\n", member, end)
	}
}

// syscallFilter lists sets of system calls. Without arguments also what is in none of them.
func (s *session) syscallFilter(args []string) (int, error) {
	s.page()
	for i, arg := range args {
		if i > 0 {
			s.printf("\n")
		}
		set, ok := syscalls.Find(arg)
		if !ok {
			return 1, fmt.Errorf("Filter set \"%s\" not found.", arg)
		}
		s.printSet(set.Name, set.Summary, set.Members())
	}
	if len(args) > 0 {
		return 0, nil
	}
	for i, set := range syscalls.Sets() {
		if i > 0 {
			s.printf("\n")
		}
		s.printSet(set.Name, set.Summary, set.Members())
	}
	if !s.opt.has("quiet") {
		s.looseCalls()
	}
	return 0, nil
}

// looseCalls lists the system calls that are in no set but @known, and those of this kernel that are in none at all.
func (s *session) looseCalls() {
	ungrouped := syscalls.Ungrouped()
	s.printf("\n")
	s.listLoose("Ungrouped System Calls", "(known but not included in any of the groups except @known):", ungrouped)
	supported, err := kernelCalls()
	if err != nil {
		s.printf("\n")
		s.notice("# Not showing unlisted system calls, couldn't retrieve kernel system call list: " + errnoText(err))
		return
	}
	known, _ := syscalls.Find(syscalls.Known) // it is in the table
	s.listUnlisted("Unlisted System Calls", supported, known.Calls())
}

// listUnlisted lists what this kernel has that is not known, by a sorted list.
func (s *session) listUnlisted(head string, supported, known []string) {
	supported = slices.DeleteFunc(supported, func(name string) bool {
		_, found := slices.BinarySearch(known, name)
		return found
	})
	if len(supported) > 0 {
		s.printf("\n")
		s.listLoose(head, "(supported by the local kernel, but not included in any of the groups listed above):", supported)
	}
}

// listLoose lists names as comments, under a head whose first words stand out.
func (s *session) listLoose(head, rest string, names []string) {
	s.printf("# %s %s\n", s.Paint(ui.Bold, head), rest)
	for _, name := range names {
		s.printf("#   %s\n", name)
	}
}

// kernelCalls are the system calls of this kernel by what can be traced, sorted.
func kernelCalls() ([]string, error) {
	var file *os.File
	var err error
	for _, dir := range []string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"} {
		if file, err = os.Open(dir + "/available_events"); err == nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var names []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, ok := strings.CutPrefix(lines.Text(), "syscalls:sys_enter_")
		if !ok {
			continue
		}
		switch name { // some have another name inside the kernel
		case "newuname", "newfstat", "newstat", "newlstat", "newfstatat":
			name = strings.TrimPrefix(name, "new")
		case "umount":
			name = "umount2"
		case "sendfile64":
			name = "sendfile"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), lines.Err()
}

// filesystems lists sets of file systems. Without arguments also what is in none of them.
func (s *session) filesystems(args []string) (int, error) {
	s.page()
	sets := filesystems.Sets()
	if len(args) > 0 {
		sets = nil
	}
	for _, arg := range args {
		set, ok := filesystems.Find(arg)
		if !ok {
			return 1, fmt.Errorf("Filesystem set \"%s\" not found.", arg)
		}
		sets = append(sets, set)
	}
	for i, set := range sets {
		if i > 0 {
			s.printf("\n")
		}
		s.printSet(set.Name, set.Summary, set.Members())
	}
	if len(args) > 0 || s.opt.has("quiet") {
		return 0, nil
	}
	s.printf("\n")
	s.listLoose("Ungrouped filesystems", "(known but not included in any of the groups except @known):",
		filesystems.Ungrouped())
	supported, err := kernelFilesystems()
	if err != nil {
		s.printf("\n")
		s.notice("# Not showing unlisted filesystems, couldn't retrieve kernel filesystem list: " + errnoText(err))
		return 0, nil
	}
	s.listUnlisted("Unlisted filesystems", supported, sets[len(sets)-1].Members())
	return 0, nil
}

// kernelFilesystems are those of this kernel, filesystems(5), sorted.
func kernelFilesystems() ([]string, error) {
	data, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(data)) {
		if words := strings.Fields(line); len(words) > 0 {
			names = append(names, words[len(words)-1])
		}
	}
	slices.Sort(names)
	return names, nil
}

// errnoText is the C library's text for an error of the file system.
func errnoText(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "No such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "Permission denied"
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}
