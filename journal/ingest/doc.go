// Package ingest turns what services print, and what the manager says of them, into journal entries: bytes of a stream
// into lines, lines into FIELD=value sets as systemd-journald gives them (systemd.journal-fields(7)).
//
// It exists so that the manager can write the journal itself where no systemd-journald runs, and the same commands show
// the same entries. It is pure: it must not know of descriptors, processes or the clock; callers hand in bytes and
// facts.
package ingest
