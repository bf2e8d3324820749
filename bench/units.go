package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// Places inside the machines.
const (
	payloadPath = "/bench/payload"
	wordPath    = "/bench/word"
	socketPath  = "/bench/told"
	selfPath    = "/bench/bench"
)

// unitFiles are unit files by name, and links by name to what they point at.
type unitFiles struct {
	files map[string]string
	links map[string]string
}

// bare begins a unit that depends on nothing, so that the manager's own work is measured.
const bare = "[Unit]\nDefaultDependencies=no\n"

// quiet ends a service that needs no journal.
const quiet = "StandardOutput=null\nStandardError=null\n"

// shapes are the generated services, by what they are called on the command line.
var shapes = map[string]string{
	"oneshot": "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
	"simple":  "Type=simple\nExecStart=/bin/sleep infinity\n",
	"notify":  "Type=notify\nExecStart=" + payloadPath + " notify\n",
	"up":      "Type=simple\nExecStart=" + upCommand + "\n",
}

// bootUnits are the target that boots, with n services of a shape before it, and one after it that tells "done".
func bootUnits(shape string, n int) unitFiles {
	u := unitFiles{
		files: map[string]string{
			"default.target": bare + "Wants=bench.target bench-done.service\nAfter=bench.target\n",
			"bench.target":   bare,
			"bench-done.service": bare + "After=bench.target\n[Service]\nType=oneshot\nExecStart=" + payloadPath +
				" tell " + socketPath + " done\n" + quiet,
		},
		links: map[string]string{},
	}
	for i := range n {
		name := fmt.Sprintf("svc-%05d.service", i)
		u.files[name] = bare + fmt.Sprintf("Description=Generated service %d\n", i) + "Before=bench.target\n[Service]\n" +
			shapes[shape] + quiet
		u.links["bench.target.wants/"+name] = "../" + name
	}
	return u
}

// smallUnits are a unit for each thing that is measured one by one.
func smallUnits() unitFiles {
	u := bootUnits("", 0)
	unlimited := bare + "StartLimitIntervalSec=0\n[Service]\n"
	u.files["job-oneshot.service"] = unlimited + "Type=oneshot\nExecStart=" + payloadPath + "\n" + quiet
	u.files["job-simple.service"] = unlimited + shapes["simple"] + quiet
	u.files["job-notify.service"] = unlimited + shapes["notify"] + quiet
	u.files["crash.service"] = unlimited + "ExecStart=" + payloadPath + " stay " + socketPath + " crash\n" +
		"Restart=always\nRestartSec=0\n" + quiet
	return u
}

// write makes the folder of units.
func (u unitFiles) write(dir string) error {
	for name, text := range u.files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			return fmt.Errorf("units: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("units: %w", err)
		}
	}
	for name, target := range u.links {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			return fmt.Errorf("units: %w", err)
		}
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("units: %w", err)
		}
	}
	return nil
}
