package virtualization

import (
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// Container is the container that this process runs in, or None. What its manager says goes before what its files tell.
func (s Source) Container() Kind {
	kernel, _ := s.Read("/proc/sys/kernel/osrelease")
	switch {
	case s.Exists("/proc/vz") && !s.Exists("/proc/bc"):
		return "openvz"
	case strings.Contains(kernel, "Microsoft") || strings.Contains(kernel, "WSL"):
		return "wsl"
	case s.proot():
		return "proot"
	}
	if told, ok := s.told(); ok {
		return s.named(told)
	}
	if kind := s.marked(); kind != None {
		return kind
	}
	if s.ownGroups() {
		return ContainerOther
	}
	return None
}

// proot says whether proot, which pretends by tracing, traces this process.
func (s Source) proot() bool {
	status, _ := s.Read("/proc/self/status")
	for line := range strings.Lines(status) {
		if tracer, ok := strings.CutPrefix(line, "TracerPid:"); ok {
			tracer = strings.TrimSpace(tracer)
			comm, _ := s.Read("/proc/" + tracer + "/comm")
			return tracer != "0" && strings.HasPrefix(comm, "proot")
		}
	}
	return false
}

// told is what the container's manager said, https://systemd.io/CONTAINER_INTERFACE.
func (s Source) told() (word string, ok bool) {
	if text, ok := s.Read("/run/host/container-manager"); ok && text != "" {
		return firstLine(text), true
	}
	if s.FirstProcess {
		return s.Getenv("container")
	}
	// What the first process was told it writes there, as its environment is not for everybody.
	if text, ok := s.Read("/run/systemd/container"); ok && text != "" {
		return firstLine(text), true
	}
	environment, _ := s.Read("/proc/1/environ")
	for variable := range strings.SplitSeq(environment, "\x00") {
		if value, ok := strings.CutPrefix(variable, "container="); ok {
			// An empty value is a container here, and none to the first process itself: so does systemd.
			return value, true
		}
	}
	return "", false
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// named is the kind of what a container's manager calls itself.
func (s Source) named(word string) Kind {
	switch {
	case word == "" && s.FirstProcess && !s.Exists("/run/host/container-manager"):
		return None
	case word == "oci": // a format, not a manager
		if kind := s.marked(); kind != None {
			return kind
		}
	case word != "openvz" && slices.Contains(Containers, Kind(word)): // OpenVZ says nothing: it has a kernel of its own
		return Kind(word)
	}
	return ContainerOther
}

// marked is the kind that files tell which its manager leaves.
func (s Source) marked() Kind {
	switch {
	case s.Exists("/run/.containerenv"):
		return "podman"
	case s.Exists("/.dockerenv"):
		return "docker"
	}
	return None
}

// ownGroups says whether this process sees a part of the control groups for the whole: the kernel has some files only
// in the root of all, and others everywhere else. cgroup_namespaces(7).
func (s Source) ownGroups() bool {
	const root = "/sys/fs/cgroup/"
	if !s.Exists("/proc/self/ns/cgroup") {
		return false
	}
	if s.Cgroup2(root) {
		return s.Exists(root + "cgroup.events")
	}
	return s.Exists(root+"systemd") && !s.Exists(root+"systemd/release_agent")
}

// Chroot says whether the root directory is another one than that of process 1. chroot(2). $SYSTEMD_IGNORE_CHROOT says
// that it is not to be found out.
func Chroot(ignore bool) (bool, error) {
	if ignore {
		return false, nil
	}
	var first, ours unix.Stat_t
	if err := unix.Stat("/proc/1/root", &first); err != nil {
		return false, &os.PathError{Op: "stat", Path: "/proc/1/root", Err: err}
	}
	if err := unix.Stat("/", &ours); err != nil {
		return false, &os.PathError{Op: "stat", Path: "/", Err: err}
	}
	return first.Dev != ours.Dev || first.Ino != ours.Ino, nil
}

// UserNamespace says whether user numbers are not those of the machine. user_namespaces(7).
func UserNamespace() bool {
	const whole, small = "0 0 4294967295", 4096
	for _, file := range []string{"/proc/self/uid_map", "/proc/self/gid_map"} {
		data, err := sys.ReadFile(file, small)
		if err == nil && strings.Join(strings.Fields(string(data)), " ") != whole {
			return true
		}
	}
	data, err := sys.ReadFile("/proc/self/setgroups", small)
	return err == nil && strings.TrimSpace(string(data)) == "deny"
}
