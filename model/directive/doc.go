// Package directive is the directive table: one line for every option that a unit file can hold.
//
// It exists so that an option is written down once. From a row come the file parser, what is said about a wrong line,
// the D-Bus property and what a client may set over D-Bus, the list that --dump-configuration-items prints and
// docs/directives.md. It must not know files, search paths, or what the engine does with a value.
//
// A row joins a name, a Codec, which carries the grammar of a type of values, and the field of package model that the
// value goes to. Rows stand in groups in the order in which the oracle lists them; a section mounts groups.
package directive
