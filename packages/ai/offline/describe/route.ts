const arrow = /\s*(?:→|⇒|➔|➝|->)\s*|\s(?:>|–|—|-|to|nach)\s/u;
const place = /^[\p{Lu}\p{scx=Han}\p{scx=Katakana}][\p{L}\p{scx=Han}\p{scx=Katakana}.()' -]{1,40}$/u;

/** Returns where a journey goes from and to; null where no line names two places. */
export function routeOf(texts: readonly string[]): { from: string; to: string } | null {
	for (const text of texts) {
		const [from, to, ...more] = text.split(arrow).map((part) => part.trim());
		if (from && to && more.length === 0 && place.test(from) && place.test(to)) return { from, to };
	}
	// Two airports in one row, below "From" and "To".
	const codes = texts.flatMap((text) => [
		...text.matchAll(/(\p{Lu}\p{Ll}+(?:\s\p{Lu}\p{Ll}+)?) ([A-Z]{3})(?!\p{L})/gu),
	]);
	const [from, to] = codes.map(([, name = "", code = ""]) => `${name} ${code}`);
	return from && to ? { from, to } : null;
}
