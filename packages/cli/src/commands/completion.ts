import type { Command } from "commander";

export const shells = ["bash", "zsh", "fish"];

/** Writes a script that completes commands and options in a shell. */
export function completion(program: Command, shell: string): string {
	const names = program.commands.map((command) => command.name());
	const optionsOf = (command: Command) => command.options.flatMap(({ long }) => long ?? []);
	const common = optionsOf(program).filter((option) => option !== "--version");
	if (shell === "fish") {
		return program.commands
			.flatMap((command) => [
				`complete -c collections -n __fish_use_subcommand -f -a ${command.name()} -d '${command.description().replaceAll("'", "")}'`,
				...[...optionsOf(command), ...common].map(
					(option) =>
						`complete -c collections -n '__fish_seen_subcommand_from ${command.name()}' -l ${option.slice(2)}`,
				),
			])
			.join("\n");
	}
	const cases = program.commands.map(
		(command) => `    ${command.name()}) words="${[...optionsOf(command), ...common].join(" ")}" ;;`,
	);
	const bash = `_collections() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words="${names.join(" ")}"
  if ((COMP_CWORD > 1)); then case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ $current != -* ]] && ((COMP_CWORD > 1)); then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -F _collections collections`;
	return shell === "zsh" ? `autoload -U +X bashcompinit && bashcompinit\n${bash}` : bash;
}
