package ui

import (
	"slices"
	"strings"
)

// leftovers are ends of names that editors and package managers leave.
var leftovers = []string{"~", ".rpmnew", ".rpmsave", ".rpmorig", ".dpkg-old", ".dpkg-new", ".dpkg-tmp", ".dpkg-dist",
	".dpkg-bak", ".dpkg-backup", ".dpkg-remove", ".ucf-new", ".ucf-old", ".ucf-dist", ".swp", ".bak", ".old", ".new"}

// Leftover says whether a file of this name is hidden or a copy that was left behind, so that no program is to read it.
func Leftover(name string) bool {
	switch {
	case strings.HasPrefix(name, "."), name == "lost+found", name == "aquota.user", name == "aquota.group":
		return true
	}
	return slices.ContainsFunc(leftovers, func(end string) bool { return strings.HasSuffix(name, end) })
}
