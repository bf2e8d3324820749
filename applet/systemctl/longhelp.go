package systemctl

import (
	"slices"
	"strings"

	"github.com/steward-init/steward/journal/output"
	"github.com/steward-init/steward/model"
)

// completions say what the verbs and options take, for ui.Describe.
func completions() []string {
	var signalNames []string
	for _, n := range signals()[1:] {
		signalNames = append(signalNames, signalName(n))
	}
	states := slices.Concat(loadStates(), activeStates(), fileStates())
	rows := []string{
		"--type " + strings.Join(typeWords(), " "), "--state " + strings.Join(states, " "),
		"--output " + strings.Join(output.Modes(), " "), "--signal " + strings.Join(signalNames, " "),
		"--job-mode " + strings.Join(model.JobModes(), " "), "--property @properties", "-P @properties",
		"--kill-who main control all", "--kill-whom main control all",
		"--root @directories", "--image @files", "--preset-mode full enable-only disable-only", "--legend yes no",
		"--what runtime state cache logs configuration all fdstore", "--timestamp pretty us µs utc us+utc µs+utc unix",
		"--check-inhibitors yes no auto", "stop @active", "restart @all-units", "try-restart @active", "condstop @active",
		"reload @active", "try-reload-or-restart @active", "reload-or-restart @all-units", "start @startable",
		"isolate @targets", "freeze @active", "thaw @active", "kill @active", "bind @services", "mount-image @services",
		"set-property @units @assignments", "service-log-level @services emerg alert crit err warning notice info debug",
		"service-log-target @services console kmsg journal syslog null auto", "reset-failed @failed", "cancel @jobs",
		"log-level emerg alert crit err warning notice info debug",
		"log-target console console-prefixed kmsg journal journal-or-kmsg syslog syslog-or-kmsg auto null",
		"service-watchdogs yes no", "enable @disabled", "disable @enabled", "mask @unmasked", "unmask @masked",
		"link @files", "add-wants @targets @unit-files", "add-requires @targets @unit-files", "set-default @targets",
		"unset-environment @variables", "switch-root @directories",
	}
	for _, verb := range []string{"list-units", "is-active", "is-failed", "status", "show", "cat", "help",
		"list-dependencies"} {
		rows = append(rows, verb+" @all-units")
	}
	for _, verb := range []string{"reenable", "preset", "is-enabled", "revert", "edit", "list-unit-files"} {
		rows = append(rows, verb+" @unit-files")
	}
	return append(rows, "list-sockets @sockets", "list-timers @timers", "list-automounts @automounts", "clean @services")
}

func haltHelp(name string) string { return name + haltText }

const haltText = ` [OPTIONS...]

Halt, power off or reboot the machine.

     --help      Show this help
     --halt      Halt the machine
  -p --poweroff  Power it off
     --reboot    Reboot it
  -f --force     Without stopping services; twice: without telling the manager
  -w --wtmp-only Do nothing: there are no records of logins to write
  -d --no-wtmp   Accepted, without effect
  -n             Accepted, without effect
     --no-sync   Accepted, without effect
     --no-wall   Accepted, without effect
`

const shutdownHelp = `shutdown [OPTIONS...] [TIME] [WALL...]

Shut the machine down, now or at a time: now, +MINUTES or HOUR:MINUTE. Without one it is in a minute.

     --help      Show this help
  -H --halt      Halt the machine
  -P --poweroff  Power it off, which is what happens without an option
  -r --reboot    Reboot it
  -K --kexec     Boot another kernel
  -h             Power off
  -k             Shut nothing down
  -t SECONDS     Accepted, without effect
     --no-wall   Accepted, without effect
  -c             Cancel a shutdown that was asked for
     --show      Show the shutdown that was asked for
  -a             Accepted, without effect
  -f             Accepted, without effect
  -F             Accepted, without effect
`

const telinitHelp = `telinit [OPTIONS...] COMMAND

Go to a run level. 0 powers off, 6 reboots, 1 and s are rescue mode, 2 to 5 are targets, q reloads the manager's
configuration and u executes the manager anew.

     --help      Show this help
     --no-wall   Accepted, without effect
`

const runlevelHelp = `runlevel [OPTIONS...]

Print the previous and the current run level.

     --help      Show this help
`

// longHelp is help with a line for every verb and option.
const longHelp = `systemctl [OPTIONS...] COMMAND ...

Ask the manager of the system, or your own, about units, and tell it what to do. Where no manager runs, one is started
for the commands that need it, unless this is a chroot.

Units:
  list-units [PATTERN...]           List the units in the manager's memory
  list-automounts [PATTERN...]      List automount units, by path
  list-sockets [PATTERN...]         List socket units, by address
  list-timers [PATTERN...]          List timer units, by when they elapse next
  is-active PATTERN...              Tell whether units are active
  is-failed PATTERN...              Tell whether units have failed
  status [PATTERN...|PID...]        Show how units are, with their processes and last logs
  show [PATTERN...|JOB...]          Show properties, for programs
  cat PATTERN...                    Show the files that units are made of
  help PATTERN...|PID...            Show the manual pages of units
  list-dependencies [UNIT...]       Show what units depend on, as a tree
  start UNIT...                     Start units
  stop UNIT...                      Stop units
  reload UNIT...                    Have units load their configuration anew
  restart UNIT...                   Stop and start units, or only start them
  try-restart UNIT...               Restart units that are active
  reload-or-restart UNIT...         Reload units that can, restart others
  try-reload-or-restart UNIT...     The same for units that are active
  condstop UNIT...                  Stop units that are active
  isolate UNIT                      Start a unit and stop all that it does not need
  kill UNIT...                      Send a signal to the processes of units
  clean UNIT...                     Remove the directories of units
  freeze UNIT...                    Suspend the processes of units
  thaw UNIT...                      Resume the processes of units
  set-property UNIT NAME=VALUE...   Change settings of a unit
  bind UNIT PATH [PATH]             Make a path visible to a running service
  mount-image UNIT PATH [PATH [OPTIONS]]  Mount an image for a running service
  service-log-level SERVICE [LEVEL]  Show or set how much a service logs
  service-log-target SERVICE [TARGET]  Show or set where a service logs to
  reset-failed [PATTERN...]         Forget that units failed

Unit files:
  list-unit-files [PATTERN...]      List the unit files that are installed
  enable UNIT...|PATH...            Make the links that [Install] sections ask for
  disable UNIT...                   Remove all links to unit files
  reenable UNIT...                  Remove the links and make them anew
  preset UNIT...                    Enable or disable units as the vendor's policy says
  preset-all                        The same for all units
  is-enabled UNIT...                Tell whether unit files are enabled
  mask UNIT...                      Make it impossible to start units
  unmask UNIT...                    Make it possible again
  link PATH...                      Make unit files outside of the search path known
  revert UNIT...                    Go back to the vendor's version of unit files
  add-wants TARGET UNIT...          Add Wants= of a target on units
  add-requires TARGET UNIT...       Add Requires= of a target on units
  edit UNIT...                      Edit drop-ins, or with --full the files
  get-default                       Show what is started at boot
  set-default TARGET                Set what is started at boot

Jobs:
  list-jobs [PATTERN...]            List jobs
  cancel [JOB...]                   Cancel jobs, all without an argument
  clear-jobs                        Cancel all jobs

Manager:
  list-machines [PATTERN...]        List the machine and its containers
  show-environment                  Show the environment that processes get
  set-environment NAME=VALUE...     Set variables of it
  unset-environment NAME...         Remove variables from it
  import-environment [NAME...]      Set variables as they are here
  daemon-reload                     Load the configuration of the manager and of units anew
  daemon-reexec                     Execute the manager anew
  log-level [LEVEL]                 Show or set how much the manager logs
  log-target [TARGET]               Show or set where the manager logs to
  service-watchdogs [BOOL]          Show or set whether services have watchdogs
  is-system-running                 Tell whether the system is up
  with-manager COMMAND...           Run a command while a manager runs, which ends with it

System:
  default                           Go to the default target
  rescue                            Go to rescue mode
  emergency                         Go to emergency mode
  halt                              Shut the machine down and halt it
  poweroff                          Shut the machine down and power it off
  reboot                            Shut the machine down and boot it anew
  kexec                             Shut the machine down and boot another kernel
  exit [STATUS]                     Ask the manager to exit
  switch-root ROOT [INIT]           Change to another root
  suspend                           Suspend the machine
  hibernate                         Hibernate the machine
  hybrid-sleep                      Hibernate and suspend the machine
  suspend-then-hibernate            Suspend the machine, and hibernate it later

Options:
  -h --help                      Show a help text
     --version                   Show the version
     --system                    Talk to the manager of the system
     --user                      Talk to the manager of the user
     --global                    Edit the unit files of all users
  -H --host=[USER@]HOST          Talk to the manager of another host
  -M --machine=CONTAINER         Talk to the manager of a container, or of a user here: USER@.host
  -t --type=TYPE                 Only units of these types
     --state=STATE               Only units in these states
     --failed                    Only units that have failed
  -p --property=NAME             Only these properties
  -P NAME                        As --value --property=NAME
  -a --all                       Also units that are inactive, and properties that are empty
     --reverse                   Show what depends on the unit
     --after                     Show what the unit is ordered after
     --before                    Show what the unit is ordered before
     --with-dependencies         Also units that the named ones depend on
     --show-types                Show the types of sockets
     --value                     Show only the values of properties
     --timestamp=FORMAT          How points of time are shown
  -l --full                      Shorten nothing; edit whole files
     --plain                     A list instead of a tree, and no dots
     --no-legend                 No headings and hints
     --legend=BOOL               Whether there are headings and hints
     --no-pager                  Do not use a pager
  -o --output=MODE               How logs, tables and lists are printed
  -n --lines=N                   How many lines of logs to show
  -r --recursive                 Also units of containers
     --job-mode=MODE             What to do with jobs that are queued already
     --fail                      As --job-mode=fail
     --irreversible              As --job-mode=replace-irreversibly
     --ignore-dependencies       As --job-mode=ignore-dependencies
  -T --show-transaction          Show the jobs that were queued
     --no-block                  Do not wait for jobs
     --wait                      Wait until what was started is over
     --marked                    Restart or reload what is marked for it
  -i --ignore-inhibitors         Ignore inhibitors of a shutdown; there are none here
     --check-inhibitors=MODE     Accepted, without effect
     --dry-run                   Only tell what would be done
     --kill-whom=WHOM            Whom to send a signal to
     --kill-who=WHOM             The same, as it was named before
  -s --signal=SIGNAL             The signal to send
     --what=RESOURCES            Which directories to remove
     --now                       Also start, or stop, the units
     --runtime                   Only until the next boot
  -f --force                     Replace links; shut down without stopping services, twice: at once
     --no-reload                 Do not have the manager load its configuration anew
     --no-warn                   Do not warn of units without an [Install] section
     --root=PATH                 Work on the unit files of another root
     --image=PATH                Work on the unit files of an image
     --preset-mode=MODE          What presets may do
     --stdin                     Read the new contents from the standard input
     --drop-in=NAME              The drop-in to edit
     --really                    Start units even in a chroot, by a manager of its own
     --read-only                 Bind a path that can only be read
     --mkdir                     Make the path that something is bound to
     --firmware-setup            Accepted, without effect
     --boot-loader-menu=TIME     Accepted, without effect
     --boot-loader-entry=NAME    Accepted, without effect
     --reboot-argument=ARG       What the kernel gets as an argument of reboot(2)
     --message=TEXT              Why the machine is shut down
  -q --quiet                     Print less
     --no-ask-password           Accepted, without effect
     --no-wall                   Accepted, without effect

Exit status: 0 if all went well, 1 if not. status: 3 if a unit is not running, 1 if it left a PID file behind, 4 if it
is not there. is-active: 3 if no unit is active. is-failed, is-enabled: 1 if no unit is. is-system-running: 1 if it is
not.

Environment:
  SYSTEMD_OFFLINE=yes            Treat this as a chroot: ask no manager
  SYSTEMD_IGNORE_CHROOT=yes      Do not treat this as a chroot
  STEWARD_LAUNCH=no              Do not start a manager where none runs
  STEWARD_REALLY=yes             As --really
`
