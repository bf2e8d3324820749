package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// peerRoot is where the folder of the peers is inside.
const peerRoot = "/peers"

// upCommand is what the peers run n times: it tells that it is up, and stays.
const upCommand = payloadPath + " stay " + socketPath + " up"

// peers are other supervisors: a program below -peers, and what it needs to run n of the command, whose files are
// below /services.
var peers = []struct {
	name, program string
	env           []string
	init          []string
	files         func(n int) map[string]string
}{
	{
		name: "runit", program: "usr/bin/runsvdir",
		init: []string{"/usr/bin/env", "PATH=" + peerRoot + "/usr/bin:/usr/bin:/bin", "runsvdir", "-P", "/services"},
		files: func(n int) map[string]string {
			return repeat(n, "s%d/run", "#!/bin/sh\nexec "+upCommand+"\n")
		},
	},
	{
		name: "supervisord", program: "usr/bin/supervisord",
		env:  []string{"PYTHONPATH=" + peerRoot + "/usr/lib/python3/dist-packages"},
		init: []string{"/usr/bin/python3", "-m", "supervisor.supervisord", "-n", "-c", "/services/supervisord.conf"},
		files: func(n int) map[string]string {
			var b strings.Builder
			b.WriteString("[supervisord]\nnodaemon=true\nuser=root\nlogfile=/dev/null\nlogfile_maxbytes=0\n" +
				"loglevel=critical\npidfile=/run/supervisord.pid\nminfds=20000\n")
			for i := range n {
				fmt.Fprintf(&b, "[program:s%d]\ncommand=%s\nautorestart=true\nstartsecs=0\nstdout_logfile=NONE\n"+
					"stderr_logfile=NONE\n", i, upCommand)
			}
			return map[string]string{"supervisord.conf": b.String()}
		},
	},
	{
		name: "dinit", program: "usr/sbin/dinit",
		init: []string{peerRoot + "/usr/sbin/dinit", "-d", "/services", "-p", "/run/dinitctl", "-q", "boot"},
		files: func(n int) map[string]string {
			files := repeat(n, "s%d", "type = process\ncommand = "+upCommand+
				"\nrestart = true\nsmooth-recovery = true\nrestart-delay = 0\nrestart-limit-count = 0\n")
			boot := "type = internal\n"
			for i := range n {
				boot += fmt.Sprintf("waits-for: s%d\n", i)
			}
			files["boot"] = boot
			return files
		},
	},
}

// repeat makes n files of the same content.
func repeat(n int, name, content string) map[string]string {
	files := map[string]string{}
	for i := range n {
		files[fmt.Sprintf(name, i)] = content
	}
	return files
}

// peers measures both sides, and those peers that are there, by what all of them can do.
func (l *lab) peers() error {
	for _, n := range l.sizes {
		if n >= large {
			continue // most peers are far from their best there
		}
		dir := filepath.Join(l.dir, "up-"+strconv.Itoa(n))
		if err := bootUnits("up", n).write(dir); err != nil {
			return err
		}
		for run := range l.runs {
			fmt.Fprintf(l.progress, "%s peers %d run %d of %d\n", time.Now().Format(time.TimeOnly), n, run+1, l.runs)
			for _, s := range l.sides {
				s.systemctl = nil
				if err := l.with(s, dir, n, func(b *subject) error { return b.up(n) }); err != nil {
					l.fail(fmt.Errorf("peers: %s: %w", s.name, err))
				}
			}
			if err := l.others(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// others measures the peers once.
func (l *lab) others(n int) error {
	for _, p := range peers {
		if _, err := os.Stat(filepath.Join(l.options.peers, p.program)); err != nil {
			fmt.Fprintf(l.progress, "%s is left out: no %s below %s\n", p.name, p.program, l.options.peers)
			continue
		}
		if err := l.ctx.Err(); err != nil {
			return err
		}
		dir, err := os.MkdirTemp(l.dir, p.name+"-")
		if err != nil {
			return err
		}
		files := p.files(n)
		for name := range maps.Keys(files) {
			if err := writeExecutable(filepath.Join(dir, name), files[name]); err != nil {
				return err
			}
		}
		s := side{name: p.name, init: p.init, env: p.env, binds: map[string]string{dir: "/services"}}
		if l.options.peers != "/" {
			s.binds[l.options.peers] = peerRoot
		} else {
			s.binds["/usr"] = peerRoot + "/usr"
		}
		if err := l.with(s, "", n, func(b *subject) error { return b.up(n) }); err != nil {
			l.fail(fmt.Errorf("peers: %s: %w", p.name, err))
		}
	}
	return nil
}

func writeExecutable(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o755)
}

// up measures n processes, each of which tells that it is up; what supervises them; and the return of one of them.
func (s *subject) up(n int) error {
	var last word
	for range n {
		w, err := s.wait("up", patience(n))
		if err != nil {
			return err
		}
		if w.at > last.at {
			last = w
		}
	}
	f := figure{part: "peers", name: "all processes up", units: n, measure: "ms"}
	s.add(f, milliseconds(last.at-s.executed.at))
	all, err := s.all()
	if err != nil {
		return err
	}
	f.name = "CPU of everything"
	s.add(f, milliseconds(all))
	if err := s.rest(settled); err != nil {
		return err
	}
	payload, err := os.Stat(s.lab.payload)
	if err != nil {
		return err
	}
	pids, err := s.processes(func(exe os.FileInfo) bool { return !os.SameFile(exe, payload) })
	if err != nil {
		return err
	}
	m, err := memoryOf(pids)
	if err != nil {
		return err
	}
	f.name, f.measure = "PSS of all that supervise", "KiB"
	s.add(f, float64(m.proportional))
	return nil
}
