/** Tests a text against a pattern of a policy. */
export type Matches = (text: string) => boolean;

/** Compiles a pattern with `*` for any text and `?` for any character. */
export function wildcard(pattern: string): Matches {
	if (pattern === "*") return () => true;
	if (!/[*?]/.test(pattern)) return (text) => text === pattern;
	const source = pattern
		.replace(/[.+^${}()|[\]\\]/g, "\\$&")
		.replaceAll("*", ".*")
		.replaceAll("?", ".");
	const expression = new RegExp(`^${source}$`, "s");
	return (text) => expression.test(text);
}

/**
 * Compiles the pattern of an ARN. Each of the six parts is matched alone, so `*` crosses a colon only in the last.
 * @throws where it has fewer parts: it would match nothing, not even what a Deny should forbid
 */
export function arnPattern(pattern: string): Matches {
	if (pattern === "*") return () => true;
	if (!/^arn:(?:[^:]*:){4}/.test(pattern)) {
		throw new Error(`${pattern} is not an ARN: write its six parts, arn:aws:service:region:account:resource, or *`);
	}
	if (!/[*?]/.test(pattern)) return (text) => text === pattern;
	const parts = arnParts(pattern).map(wildcard);
	return (text) => {
		const actual = arnParts(text);
		return actual.length === parts.length && parts.every((matches, index) => matches(actual[index] as string));
	};
}

/** Splits into `arn`, partition, service, region, account and the rest. */
function arnParts(arn: string): string[] {
	const parts = arn.split(":");
	return [...parts.slice(0, 5), parts.slice(5).join(":")];
}
