package oracle

import (
	"os"
	"testing"

	"github.com/steward-init/steward/machine"
)

func TestMain(m *testing.M) {
	machine.Init()
	os.Exit(m.Run())
}
