import { type LegibleLine, sureWord } from "./legible-lines.ts";

const maxTags = 5;
/** Shorter words stand in many texts by chance. */
const minTagLetters = 3;

/** Returns those of a person's tags whose words stand in a text, one after the other. */
export function tagsIn(text: string, known: readonly string[]): string[] {
	const wordsOf = (each: string) =>
		each
			.normalize("NFC")
			.toLowerCase()
			.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
	const words = ` ${wordsOf(text).join(" ")} `;
	return known
		.filter((tag) => {
			const own = wordsOf(tag).join(" ");
			return own.length >= minTagLetters && words.includes(` ${own} `);
		})
		.slice(0, maxTags);
}

/** Returns words such as `@name` and `#topic`, without the mark. */
export function taggedWords(mark: string, lines: LegibleLine[]): string[] {
	const words = lines
		.flatMap((line) => line.words)
		.filter((word) => word.confidence >= sureWord)
		.map((word) => /^(.)(\p{L}[\p{L}\p{N}_.]{2,})/u.exec(word.text))
		.filter((match) => match?.[1] === mark)
		.map((match) => match?.[2]?.replace(/\.+$/, "") ?? "");
	return [...new Set(words)].slice(0, 100);
}
