import { nameIn } from "#text/facts/people.ts";
import { type LegibleLine, textOf } from "./legible-lines.ts";

/** Returns whose card it is: the title, or the first line that is a name of two words or more. */
export function contactName(lines: LegibleLine[], title: string | null): { name: string; line: string }[] {
	for (const line of [...(title === null ? [] : [title]), ...lines.map(textOf)]) {
		const name = nameIn(line.split(/[,|·]/)[0] ?? "");
		if (name && (/\s/.test(name) || name === title)) return [{ name, line }];
	}
	return [];
}
