// Command explore tries random histories of random units against the invariants of ARCHITECTURE.md, section 6.
//
// It exists because nobody thinks of the history that breaks a supervisor. Each seed gives one history, the same on any
// machine; one that breaks an invariant is made as short as it can be and printed as a scenario. It must not know how
// the engine works, only what it promised.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the command: 0 for no breach, 1 for some, 2 for a wrong command line.
func run(args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("explore", flag.ContinueOnError)
	flags.SetOutput(errs)
	seeds := flags.Int("seeds", 100_000, "how many histories to try")
	from := flags.Uint64("from", 1, "the first seed")
	holding := flags.String("holding", "", "try only histories that hold these words, such as 'Conflicts= --controller='")
	show := flags.Bool("show", false, "print the history of the first seed, and try nothing")
	if flags.Parse(args) != nil {
		return 2
	}
	if *show {
		fmt.Fprint(out, generate(*from).script().Format())
		return 0
	}
	begin := time.Now()
	tried, broken := explore(*from, *seeds, strings.Fields(*holding), func(b breach) {
		fmt.Fprintf(errs, "seed %d: %s\n", b.seed, brief(b.what))
	})
	took := time.Since(begin).Seconds()
	fmt.Fprintf(errs, "%d histories, %.0f a second, %d broken\n", tried, float64(tried)/took, len(broken))
	for _, b := range broken {
		b.print(out)
	}
	return min(len(broken), 1)
}

// breach is a history that broke an invariant.
type breach struct {
	seed uint64
	what string
}

// maxBreaches is how many are collected: one fault often breaks many histories.
const maxBreaches = 5

// explore tries histories on all processors, until there are enough breaches, each of which is told when it is found:
// to make it short takes its time. It says how many it has tried.
func explore(from uint64, seeds int, holding []string, found func(breach)) (tried int, broken []breach) {
	var next, count atomic.Int64
	var mutex sync.Mutex
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= int64(seeds) {
					return
				}
				seed := from + uint64(n)
				h := generate(seed)
				if !h.holds(holding) {
					continue
				}
				count.Add(1)
				if what := try(h); what != "" {
					mutex.Lock()
					broken = append(broken, breach{seed, what})
					found(broken[len(broken)-1])
					full := len(broken) >= maxBreaches
					mutex.Unlock()
					if full {
						next.Add(int64(seeds))
					}
				}
			}
		})
	}
	group.Wait()
	return int(count.Load()), broken
}

// print shows a breach as a scenario that is as short as it can be.
func (b breach) print(w io.Writer) {
	h, what := minimise(generate(b.seed), b.what)
	fmt.Fprintf(w, "\nseed %d: %s\nminimised: %s\n\n%s\n", b.seed, brief(b.what), brief(what), h.written())
}

// brief cuts a long text.
func brief(text string) string {
	const most = 3000
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
