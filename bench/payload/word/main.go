// Command word prints a word: the least that a command written in Go can do, and so what none can be faster than.
package main

import "os"

func main() { _, _ = os.Stdout.WriteString("active\n") }
