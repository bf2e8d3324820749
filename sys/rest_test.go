package sys_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/steward-init/steward/sys"
)

// restVerb has the test's own program rest on its standard input, and tell when it is awake again.
const restVerb = "rest on standard input"

func rest() int {
	if err := sys.Rest(0, 100); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("awake")
	return 0
}

// codeOf is how much of a program's code is mapped in for a process, in KiB. proc(5), smaps.
func codeOf(t *testing.T, pid int) int {
	t.Helper()
	smaps, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		t.Fatal(err)
	}
	isCode, mapped := false, 0
	for line := range strings.Lines(string(smaps)) {
		var kilobytes int
		if fields := strings.Fields(line); len(fields) > 5 && strings.Contains(fields[0], "-") {
			isCode = !strings.Contains(fields[1], "w") && strings.HasSuffix(fields[5], ".test")
		} else if n, _ := fmt.Sscanf(line, "Rss: %d kB", &kilobytes); n == 1 && isCode {
			mapped += kilobytes
		}
	}
	return mapped
}

func TestRestDropsCodeAndWakes(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, restVerb)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if sys.HasStart {
		const most = 768 // of about 1500; it is 64, unless the runtime was slow to go to sleep
		for mapped := 0; mapped == 0 || mapped > most; {
			mapped = codeOf(t, cmd.Process.Pid)
		}
	}
	if _, err := in.Write([]byte{'!'}); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "awake\n" {
		t.Errorf("it says %q, error %v", line, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
