// Package query finds the last entries of a unit in folders of journal files.
//
// It exists for systemctl status, which reads the files itself. It must not know of the manager, nor write anything; a
// file that is damaged costs its own entries and an error, never the others.
package query
