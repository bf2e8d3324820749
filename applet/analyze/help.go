package analyze

// help is what --help prints.
const help = `systemd-analyze [OPTIONS...] COMMAND ...

Tell how the system started, how its units depend on each other, and what is wrong with unit files.

Commands:
  [time]                     How long the start took
  blame                      Units by the time they took to start
  critical-chain [UNIT...]   The chain of units that the start waited for
  plot                       The start as a picture, SVG
  dot [UNIT...]              The dependencies as a graph for dot(1)
  dump [PATTERN...]          The state of the manager
  cat-config NAME|PATH...    A configuration file with its drop-ins
  unit-files                 All unit files and links
  unit-paths                 The folders units are loaded from
  exit-status [STATUS...]    What exit statuses mean
  capability [CAP...]        Capabilities and their numbers
  syscall-filter [NAME...]   The system calls in a set
  filesystems [NAME...]      The file systems in a set
  condition CONDITION...     Whether conditions and asserts hold
  compare-versions VERSION1 [OP] VERSION2
                             Which of two versions is the higher
  verify FILE...             What is wrong with unit files
  calendar SPEC...           When a calendar expression elapses
  timestamp TIMESTAMP...     What a point of time means
  timespan SPAN...           What a span of time means
  security [UNIT...]         How exposed services are
  inspect-elf FILE...        Not supported

Options:
     --recursive-errors=MODE Which units' errors verify counts: yes, no, one
     --rules=CODE,...        Apply only these rules; -CODE leaves one out
     --fix                   Mend what is mechanical
     --vendor                The files are part of a package
     --offline=BOOL          Judge the security of files, not of a manager's units
     --threshold=N           Fail if a service is more exposed than this
     --security-policy=PATH  Weights and descriptions of our own, JSON
     --json=pretty|short|off Print security's or verify's findings as JSON, verify's
                             also as sarif (SARIF 2.1.0)
     --no-pager              Do not use a pager
     --system                The system's manager
     --user                  The user's manager
     --global                The configuration of all users' managers
  -H --host=[USER@]HOST      Not supported
  -M --machine=CONTAINER     Not supported
     --order                 Only the order of units in the graph
     --require               Only requirements in the graph
     --from-pattern=GLOB     Only edges from these units
     --to-pattern=GLOB       Only edges to these units
     --fuzz=SECONDS          Also units this much earlier than the last
     --man[=BOOL]            Look for the manual pages that units name
     --generators[=BOOL]     Run generators
     --iterations=N          Show this many times that an expression elapses
     --base-time=TIMESTAMP   Begin at this time
     --profile=NAME|PATH     Count this portable profile in
     --unit=UNIT             Check this unit's conditions
  -h --help                  Show this help
     --version               Show the version
  -q --quiet                 No hints
     --root=PATH             Work on another root
     --image=PATH            Look at files in this disk image

Exit status: 0 if all went well, 1 if not: for verify if a file has errors, for condition if one does not hold, for
security if a service is more exposed than --threshold=. compare-versions without an operator: 0 if both are the same,
11 if the first is the higher, 12 if the second is.

See systemd-analyze(1).
`
