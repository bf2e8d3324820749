//go:build race

package file

// detecting says that the race detector is in the program.
const detecting = true
