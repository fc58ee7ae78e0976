const wordsOf = (text: string) => new Set(text.toLowerCase().match(/\p{L}{4,}/gu) ?? []);

/**
 * For each text its four rarest words of four letters and more, joined as a query; rare is what few of
 * the texts have, ties go to the longer word.
 */
export function rarestWords(texts: { id: string; text: string }[]): Map<string, string> {
	const frequency = new Map<string, number>();
	for (const { text } of texts) {
		for (const word of wordsOf(text)) {
			frequency.set(word, (frequency.get(word) ?? 0) + 1);
		}
	}
	return new Map(
		texts.map(({ id, text }) => [
			id,
			[...wordsOf(text)]
				.sort((a, b) => (frequency.get(a) ?? 0) - (frequency.get(b) ?? 0) || b.length - a.length || a.localeCompare(b))
				.slice(0, 4)
				.join(" "),
		]),
	);
}
