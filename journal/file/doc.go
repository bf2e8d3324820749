// Package file reads and writes systemd's journal files: an append-only store of entries, each a set of FIELD=value
// pairs kept once and linked to the entries that use them.
//
// It exists so that what services print is found where every tool looks for it: journalctl and systemctl status read
// the files themselves. The format is the published one (https://systemd.io/JOURNAL_FILE_FORMAT).
//
// It must not know what a field means, what a unit is, or what time it is: callers give timestamps and finished fields.
package file
