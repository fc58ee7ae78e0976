import { nameIn } from "#text/facts/people.ts";
import { type LegibleLine, textOf } from "./legible-lines.ts";

const withAddress =
	/^(?:(?:mr|mrs|ms|miss|herr|frau|mme|sr|sra)\.? \p{L}.+|\p{Lu}[\p{Lu}' -]+\/\p{Lu}[\p{Lu} ]+|\p{Lu}[\p{Lu}' -]+ (?:MR|MRS|MS|MISS|MME|MLLE|M))$/iu;

/** Returns the passenger of a pass without labels: a form of address tells a name from a place. */
export function passengerOf(lines: LegibleLine[]): { name: string; line: string }[] {
	for (const line of lines.map(textOf)) {
		if (!withAddress.test(line.trim())) continue;
		const name = nameIn(line);
		// Passes print the surname first.
		const isReversed = /\s(?:MR|MRS|MS|MISS|MME|MLLE|M)$/.test(line.trim()) && !line.includes("/");
		if (name) return [{ name: isReversed ? name.split(" ").reverse().join(" ") : name, line }];
	}
	return [];
}
