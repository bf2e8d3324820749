// Package sandbox is the child's side of exec: the ordered table of what a new process does between its creation and
// execve (steps.go), and Spawn, which runs it.
//
// It exists so that the order of the steps, which decides what a service may do, is data that can be read, documented
// and tested. The steps compile to a list of raw system calls that a cloned child runs (sys.Program); what can't be
// computed beforehand goes through a process of our own binary, the executor, which walks the same table.
//
// It must not know what a unit is, and looks nothing up: users, paths and variables arrive resolved in a Spec.
package sandbox
