package systemctl

const help = `systemctl [OPTIONS...] COMMAND ...

Ask the manager of the system, or your own, about units, and tell it what to do. systemctl(1) has the details.

Units:
  list-units list-sockets list-timers list-automounts [PATTERN...]
                         What is in the manager's memory
  status [PATTERN...|PID...]
                         How units are, with their processes and last logs
  show [PATTERN...|JOB...]
                         Properties, for programs
  cat UNIT...            Files that units are made of
  help UNIT...           Manual pages of units
  is-active is-failed UNIT...
                         State of units, as words and as exit status
  list-dependencies [UNIT...]
                         What units depend on, as a tree
  start stop restart try-restart reload reload-or-restart try-reload-or-restart UNIT...
                         Ask for jobs, and wait until they are done
  isolate UNIT           Start a unit and stop all that it does not need
  kill clean freeze thaw UNIT...
                         Signal the processes, remove the directories, stop or resume the execution of units
  set-property UNIT NAME=VALUE...
                         Change settings of a unit
  bind UNIT PATH [PATH]  Make a path visible to a running service
  reset-failed [UNIT...] Forget failures
  service-log-level service-log-target SERVICE [VALUE]
                         How much a service logs, and where to
Unit files:
  list-unit-files [PATTERN...]
  enable disable reenable preset mask unmask link revert is-enabled UNIT...
  add-wants add-requires TARGET UNIT...
  edit UNIT...           Drop-ins, or with --full the files
  preset-all get-default set-default
Jobs:
  list-jobs [PATTERN...] cancel [JOB...]
Environment:
  show-environment set-environment unset-environment import-environment
Manager:
  daemon-reload daemon-reexec log-level log-target service-watchdogs is-system-running list-machines
System:
  default rescue emergency halt poweroff reboot kexec exit
  with-manager COMMAND...
                         Run a command while a manager runs, which ends with it

Options:
  -h --help --version
     --system --user --global      Whose manager, or whose unit files
  -t --type=TYPE --state=STATE --failed
                                   Which units
  -p --property=NAME --value -P NAME --timestamp=FORMAT
                                   Which properties, and how
  -a --all -l --full --plain --no-legend --legend=BOOL --no-pager -o --output=MODE -n --lines=N
                                   How much is printed, and how
     --reverse --after --before --with-dependencies --show-types
                                   Which dependencies, and whether to tell the types of sockets
     --job-mode=MODE --fail -T --show-transaction --no-block --wait --marked
                                   How jobs are asked for
     --kill-whom=WHOM -s --signal=SIGNAL --what=RESOURCES
                                   What kill and clean are about
     --now --runtime -f --force --no-reload --no-warn --root=PATH --preset-mode=MODE --dry-run
                                   How unit files are enabled
     --full --stdin --drop-in=NAME How they are edited
     --really                      Start units even in a chroot, by a manager of its own
     --read-only --mkdir           How bind does it
  -q --quiet --no-ask-password --no-wall

Environment:
  STEWARD_LAUNCH=no                Do not start a manager where none runs
  STEWARD_REALLY=yes               As --really
`
