// Package load makes complete units of names: it finds the files that define a unit, reads and merges them, and adds
// what the manual pages add by themselves.
//
// It exists so that the engine is handed finished units and never sees a file. Everything it learns of the world comes
// through Files and Machine, so that a map stands for a machine in tests. It must not know jobs, states or processes,
// nor start a goroutine: what may run in parallel is given to the caller's Parallel.
package load
