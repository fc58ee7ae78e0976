import { type PlainText, plainText } from "./any-word.ts";
import { fieldLabel, givenNameLabel, personLabel, surnameLabel } from "./labels.ts";

/** Forms of address around a name on passes and letters. */
const address =
	/(?:^(?:mr|mrs|ms|miss|herr|frau|mme|mlle|sr|sra)\.?\s+)|(?:\s+(?:mr|mrs|ms|miss|mstr|mme|mlle)\.?$)|(?:\s*(?:様|さん|先生|女士)$)/giu;
const part = "(?:\\p{Lu}[\\p{L}'’.-]*|(?:von|van|de|del|der|di|da|la|y|zu)(?=\\s))";
const fullName = new RegExp(`^${part}(?:\\s${part}){0,4}$`, "u");
const idealName =
	/^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}ー]{2,8}(?:[\s・][\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}ー]{1,8})?$/u;

/** Returns a name as a person writes it: `ELLISON/MARA MS` is Mara Ellison; null where a text is no name. */
export function nameIn(text: string): string | null {
	const bare = text.trim().replaceAll(address, "").trim();
	const [, last, first] = /^(\p{Lu}[\p{Lu}' -]+)\/(\p{Lu}[\p{Lu}' -]+)$/u.exec(bare) ?? [];
	const name = last && first ? `${first} ${last}`.replace(/\s(?:MR|MRS|MS|MISS)\b/, "") : bare;
	if (name.length < 2 || name.length > 40 || /\p{N}|_/u.test(name) || fieldLabel.test(plainText(name).plain))
		return null;
	if (idealName.test(name)) return name;
	if (!fullName.test(name)) return null;
	return name === name.toUpperCase() && name.length > 3 ? inTitleCase(name) : name;
}

const inTitleCase = (name: string) =>
	name.toLowerCase().replaceAll(/(?<![\p{L}'])\p{L}/gu, (letter) => letter.toUpperCase());

const startsWith = (line: PlainText, label: RegExp): string | null => {
	for (const match of line.plain.matchAll(label)) {
		const isStart = line.plain.slice(0, match.index).trim() === "";
		const sign = match.groups?.sign?.trim() ?? "";
		const rest = line.text.slice(match.index + match[0].length);
		const isIdeographs = /^[\p{scx=Han}]/u.test(match[0]);
		if (isStart && (sign === ":" || isIdeographs)) return rest;
		if (isStart && rest === "") return "";
	}
	return null;
};

/** Finds the names that labels announce, beside or above them; a first name and a surname are one. */
export function findPeople(lines: { line: PlainText; labels: PlainText[] }[]): { name: string; at: number }[] {
	const found: { name: string; at: number }[] = [];
	let given: { name: string; at: number } | null = null;
	for (const [at, { line, labels }] of lines.entries()) {
		const labelled = (label: RegExp) => {
			const own = startsWith(line, label);
			if (own !== null) return own;
			return labels.some((each) => startsWith(each, label) === "") ? line.text : null;
		};
		const name = (label: RegExp) => nameIn(labelled(label) ?? "");
		const first = name(givenNameLabel);
		const last = given && name(surnameLabel);
		if (given && last) {
			found.push({ name: `${given.name} ${last}`, at: given.at });
			given = null;
			continue;
		}
		if (first) {
			given = { name: first, at };
			continue;
		}
		const person = name(personLabel);
		if (person) found.push({ name: person, at });
	}
	return given ? [...found, given] : found;
}
