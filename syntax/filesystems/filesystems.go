// Package filesystems has the named sets of file systems that RestrictFileSystems= takes, systemd.exec(5).
//
// It exists so that the directive and systemd-analyze filesystems mean the same by "@network". It must not know which
// of them a kernel has, nor how a mount is refused.
package filesystems

import (
	"slices"
	"strings"
)

// Set is a named set: "@network", what it is for, and its members.
type Set struct {
	Name, Summary string
	members       string // separated by spaces
}

// Known is the name of the set of all file systems.
const Known = "@known"

// ungrouped are those of Linux that are in no other set: of other systems, of special hardware, and the kernel's own.
const ungrouped = "9p adfs affs aio balloon-kvm bcachefs bdev befs bfs binder coda cpuset cramfs cxl dax devmem " +
	"dmabuf drm ecryptfs efs fuseblk guest_memfd hfs hfsplus hostfs hpfs hypfs ibmasmfs iomem jffs2 jfs msdos " +
	"nfsd nilfs2 nsfs ntfs omfs openpromfs pidfs ppc-cmm qnx4 qnx6 resctrl romfs secretmem spufs sysv ubifs ufs " +
	"usbdevfs v7 v9fs vboxsf virtiofs vxfs xenfs z3fold zonefs zsmalloc"

// table are the sets in the order they are listed in. Distributions build systemd 252 without the directive, so that
// there is nothing to record: the sets are those that the manual page describes.
var table = [...]Set{
	{"@basic-api", "what every system has for kernel and devices", "cgroup cgroup2 devpts devtmpfs mqueue proc sysfs"},
	{"@anonymous", "pipes, sockets and others without a mount point", "anon_inodefs pipefs sockfs"},
	{"@application", "made for applications", "autofs fuse overlay"},
	{"@auxiliary-api", "further interfaces of the kernel", "binfmt_misc configfs efivarfs fusectl hugetlbfs rpc_pipefs " +
		"securityfs"},
	{"@common-block", "usual ones on disks", "btrfs erofs exfat ext4 f2fs iso9660 ntfs3 squashfs udf vfat xfs"},
	{"@historical-block", "old ones on disks", "ext2 ext3 minix"},
	{"@network", "on other machines", "afs ceph cifs gfs gfs2 ncp ncpfs nfs nfs4 ocfs2 orangefs pvfs2 smb3 smbfs"},
	{"@privileged-api", "interfaces for privileged users", "bpf debugfs pstore tracefs"},
	{"@security", "of security modules", "apparmorfs selinuxfs smackfs"},
	{"@temporary", "in memory", "ramfs tmpfs"},
}

// Sets are all sets, @known last.
func Sets() []Set {
	known, _ := Find(Known) // it is made, and always found
	return append(table[:len(table):len(table)], known)
}

// Ungrouped are the file systems that are in no set but @known, sorted.
func Ungrouped() []string { return Set{members: ungrouped}.Members() }

// Find is the set of a name, which includes its "@".
func Find(name string) (Set, bool) {
	for _, s := range table {
		if s.Name == name {
			return s, true
		}
	}
	if name != Known {
		return Set{}, false
	}
	all := ungrouped
	for _, s := range table {
		all += " " + s.members
	}
	return Set{Known, "all that Linux has", all}, true
}

// Members are the file systems of the set, sorted.
func (s Set) Members() []string {
	list := strings.Fields(s.members)
	slices.Sort(list)
	return list
}
