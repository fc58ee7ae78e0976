/** Whether a text is what a pattern of a policy stands for. */
export type Matches = (text: string) => boolean;

/** A pattern with `*` for any text and `?` for any one character. */
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
 * An ARN as IAM reads it: each of its six parts matches by itself, so `*` reaches over no colon but in the last.
 * @throws where it has fewer parts, and would match nothing: not what a Deny means to forbid either
 */
export function arnPattern(pattern: string): Matches {
	if (pattern === "*") return () => true;
	if (!/^arn:(?:[^:]*:){4}/.test(pattern)) {
		throw new Error(
			`${pattern} is no ARN: write its six parts, arn:aws:service:region:account:resource, or *`,
		);
	}
	if (!/[*?]/.test(pattern)) return (text) => text === pattern;
	const parts = arnParts(pattern).map(wildcard);
	return (text) => {
		const given = arnParts(text);
		return (
			given.length === parts.length &&
			parts.every((matches, at) => matches(given[at] as string))
		);
	};
}

/** `arn`, partition, service, region, account, and all the rest. */
function arnParts(arn: string): string[] {
	const parts = arn.split(":");
	return [...parts.slice(0, 5), parts.slice(5).join(":")];
}
