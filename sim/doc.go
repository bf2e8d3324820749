// Package sim is a fake host: a machine in memory with processes that do what a script says, and time that moves when
// it is told to. It drives the real engine on units that the real loader made.
//
// It exists so that the behaviour of the manager is a text file that runs in microseconds, and so that an explorer can
// try a million odd histories. It must not know the real host, nor how the engine comes to its effects.
package sim
