package systemctl

import (
	"strings"

	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/unitname"
)

// subStates are the words of SubState for each unit type, in the order that --state=help prints them.
const subStates = `automount dead waiting running failed
device dead tentative plugged
mount dead mounting mounting-done mounted remounting unmounting remounting-sigterm remounting-sigkill ` +
	`unmounting-sigterm unmounting-sigkill failed cleaning
path dead waiting running failed
scope dead start-chown running abandoned stop-sigterm stop-sigkill failed
service dead condition start-pre start start-post running exited reload stop stop-watchdog stop-sigterm ` +
	`stop-sigkill stop-post final-watchdog final-sigterm final-sigkill failed auto-restart cleaning
slice dead active
socket dead start-pre start-chown start-post listening running stop-pre stop-pre-sigterm stop-pre-sigkill ` +
	`stop-post final-sigterm final-sigkill failed cleaning
swap dead activating activating-done active deactivating deactivating-sigterm deactivating-sigkill failed cleaning
target dead active
timer dead waiting running elapsed failed`

func loadStates() []string {
	return []string{"stub", "loaded", "not-found", "bad-setting", "error", "merged", "masked"}
}

func activeStates() []string {
	return []string{"active", "reloading", "inactive", "failed", "activating", "deactivating", "maintenance"}
}

func fileStates() []string {
	return []string{"enabled", "enabled-runtime", "linked", "linked-runtime", "alias", "masked", "masked-runtime",
		"static", "disabled", "indirect", "generated", "transient", "bad"}
}

func typeWords() []string {
	var words []string
	for _, t := range unitname.Types() {
		words = append(words, string(t))
	}
	return words
}

// listWords prints words under a head, which --no-legend leaves out.
func (s *session) listWords(head string, words []string) {
	if head != "" && !s.opt.noLegend {
		s.printf("%s\n", head)
	}
	for _, w := range words {
		s.printf("%s\n", w)
	}
}

// listStates is the answer to --state=help.
func (s *session) listStates() {
	s.listWords("Available unit load states:", loadStates())
	s.printf("\n")
	s.listWords("Available unit active states:", activeStates())
	s.printf("\n")
	s.listWords("Available unit file states:", fileStates())
	for line := range strings.SplitSeq(subStates, "\n") {
		words := strings.Fields(line)
		s.printf("\n")
		s.listWords("Available "+words[0]+" unit substates:", words[1:])
	}
}

// signals are the numbers that --signal=help lists: all, those too that the C library keeps for itself.
func signals() []int {
	var list []int
	for n := range quantity.SignalRealtimeMax + 1 {
		list = append(list, n)
	}
	return list
}

// signalName is the name of a signal without SIG.
func signalName(n int) string { return quantity.SignalName(n) }
