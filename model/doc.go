// Package model is what a unit is: plain data, enumerations with the words that systemd prints, and no behaviour.
//
// It exists so that the loader, the engine, the bus and the tools speak of the same things by the same names. It must
// not know how a unit is read, run or shown. The dependency table stands in model/dependency, the directive table in
// model/directive.
package model
