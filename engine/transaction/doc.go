// Package transaction turns "start this unit" into a consistent set of jobs: it holds the graph of dependencies, builds
// the requirement closure of an anchor job over it, drops what is redundant or not needed, merges what lands on one
// unit, breaks ordering cycles, and says what would have to be cancelled. systemctl(1), --job-mode=; systemd.unit(5).
//
// It exists apart from the engine because it is a question, not an action: a plan that is not installed changes
// nothing, so that "what would this do?" has an answer. It must not know how a job is run nor what states a unit type
// has.
package transaction
