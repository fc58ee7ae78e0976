const wordsOf = (text: string) => new Set(text.toLowerCase().match(/\p{L}{4,}/gu) ?? []);

/**
 * Returns for each text a query of its four rarest words of at least four letters: those that fewest texts have; the longer
 * word wins a tie.
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
