import { sentence } from "./format.ts";

const maxOpening = 400;

/** Returns the first lines worth quoting as running text: lines that go on are joined, others end as sentences. */
export function openingOf(texts: readonly string[], maxLength = maxOpening): string {
	const telling = texts.filter((line) => /\p{L}{2}/u.test(line));
	let text = "";
	for (const line of telling.length > 0 ? telling : texts) {
		const trimmed = line.trim();
		const goesOn = /^\p{Ll}/u.test(trimmed) && !/[.!?。！？:]$/.test(text);
		const joined = text === "" ? trimmed : goesOn ? `${text} ${trimmed}` : `${sentence(text)} ${trimmed}`;
		if (joined.length > maxLength) return text || `${cut(trimmed, maxLength)}…`;
		text = joined;
	}
	return text && sentence(text);
}

function cut(text: string, maxLength: number): string {
	const end = text.lastIndexOf(" ", maxLength);
	return text.slice(0, end > 0 ? end : maxLength).toWellFormed();
}
