package complete

import (
	"fmt"
	"io"
	"strings"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/ui"
)

const help = `steward completion SHELL

Print the completion of all commands for a shell. Packages install it where their shell looks for it; to try it, in bash
and zsh eval "$(steward completion bash)", in fish steward completion fish | source.

Shells:
  bash      GNU Bash, 4.4 and later
  zsh       zsh, for a function path as _steward or to be evaluated
  fish      fish, 3.0 and later
`

// Describe tells what "steward completion" takes.
func Describe(string) ui.Description { return ui.Describe(help, nil) }

// Script is "steward completion": it prints what makes a shell complete all commands.
func Script(u ui.IO, table []applet.Applet, args []string) int {
	text := ""
	if len(args) == 2 {
		text = Text(args[1], table)
	}
	switch {
	case len(args) == 2 && (args[1] == "--help" || args[1] == "-h"):
		text = help
	case text == "":
		return u.Fail("completion: which shell, bash, zsh or fish?")
	}
	_, _ = io.WriteString(u.Out, text) // best effort: the reader may have gone
	return 0
}

// Text is the completion of all commands for a shell, "" for one that is not known.
func Text(shell string, table []applet.Applet) string {
	var names []string
	for _, a := range table {
		if a.Describe == nil {
			continue
		}
		for i, name := range strings.Fields(a.Names) {
			// Short names are for behind "steward"; alone they are other programs'.
			if strings.HasPrefix(name, "system") || i > 0 && strings.HasPrefix(a.Names, "systemctl") {
				names = append(names, name)
			}
		}
	}
	names = append(names, program)
	list := strings.Join(names, " ")
	switch shell {
	case "bash":
		return fmt.Sprintf(bash, list)
	case "zsh":
		return fmt.Sprintf(zsh, list, list)
	case "fish":
		return fmt.Sprintf(fish, list)
	}
	return ""
}

const bash = `# Completion of steward's commands for bash, made by "steward completion bash".
_steward() {
	local lines
	COMPREPLY=()
	lines=$(steward complete bash -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null) || return 0
	[[ -n $lines ]] || return 0
	mapfile -t COMPREPLY <<<"$lines"
	case ${COMPREPLY[-1]} in
	:files | :directories)
		local kind=-f
		[[ ${COMPREPLY[-1]} == :files ]] || kind=-d
		unset 'COMPREPLY[-1]'
		mapfile -t lines < <(compgen $kind -- "$2")
		COMPREPLY+=("${lines[@]}")
		compopt -o filenames 2>/dev/null
		;;
	esac
	# Behind --option= comes its argument at once.
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
	return 0
}
complete -F _steward %s
`

const zsh = `#compdef %s
# Completion of steward's commands for zsh, made by "steward completion zsh".
# One line for each word: words of one description would be joined and out of order.
zstyle ':completion:*:steward-*' list-grouped false
_steward() {
	local -a given found open
	local -a files
	local line word none=1
	given=("${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}")
	[[ $PREFIX == --*=* ]] && compset -P '--*='
	for line in "${(@f)$(steward complete zsh -- "${given[@]}" 2>/dev/null)}"; do
		case $line in
		'') ;;
		:files) files=(_files) ;;
		:directories) files=(_files -/) ;;
		*)
			word=${line%%%%$'\t'*}
			word=${word//\\/\\\\}
			word=${word//:/\\:}
			[[ $line == *$'\t' ]] || word+=:${line#*$'\t'}
			if [[ ${line%%%%$'\t'*} == *= ]]; then
				open+=("$word")
			else
				found+=("$word")
			fi
			;;
		esac
	done
	(( ${#open} )) && _describe -t steward-options option open -S '' && none=0
	(( ${#found} )) && _describe -t steward-words word found && none=0
	(( ${#files} )) && "${files[@]}" && none=0
	return none
}
if [[ ${funcstack[1]} == _steward ]]; then
	_steward "$@"
else
	compdef _steward %s
fi
`

const fish = `# Completion of steward's commands for fish, made by "steward completion fish".
function __steward_complete
	set -l words (commandline -opc)
	set -l raw (commandline -ct)
	set -l begun (string unescape -- "$raw")
	set -l option (string match -r -- '^--[^=]*=' "$raw")
	set -l rest (string replace -r -- '^--[^=]*=' '' "$raw")
	for line in (steward complete fish -- $words "$begun" 2>/dev/null)
		switch $line
			case ':files'
				for path in (complete -C "'' $rest")
					echo "$option$path"
				end
			case ':directories'
				for path in (complete -C "'' $rest" | string match -- '*/')
					echo "$option$path"
				end
			case '*'
				echo $line
		end
	end
end
# fish has completions of its own for some of these, loads them at the first key press, and would show both.
set -l theirs
contains -- (status dirname) $fish_complete_path; or set theirs $fish_complete_path/*.fish
for name in %s
	string match -q "*/$name.fish" $theirs; and complete -C "$name -" >/dev/null 2>&1
	complete -e -c $name
	complete -c $name -f -a '(__steward_complete)'
end
`
