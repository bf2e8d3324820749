// Package sys is raw Linux, one file per facility (pidfd, clone3, waitid, mounts, …), as thin as it can be.
//
// It exists so that unsafe code and system call numbers stand in one place. It must not know what a unit is, and it
// holds no policy: a caller decides what to do about an errno.
package sys
