/** Patterns that a log must not hold: the last guard where an error's text carries a secret along. */
const secrets: readonly [RegExp, string][] = [
	[/\bBearer +[^\s"',;]+/gi, "Bearer [token]"],
	[/\beyJ[\w-]+(?:\.[\w-]*)+/g, "[token]"],
	// A signed URL is as good as the object: its whole query goes.
	[/\?[^\s"'<>]*\b(?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|Signature)=[^\s"'<>]*/gi, "?[signed]"],
	[/:\/\/[^\s/@"']{1,256}@/g, "://[login]@"],
	[/\b(?:sk-|pa-|tvly-|lsv2_|AKIA|ASIA)[\w-]{12,}/g, "[key]"],
	[/[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}.-]{1,255}/gu, "[e-mail]"],
];

/** Longer texts are cut: a log line explains, it does not quote. */
const maxLength = 4_000;

/** Removes tokens, signed URLs, keys and e-mail addresses from a text. */
export function redact(text: string): string {
	const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
	return secrets.reduce((clean, [secret, name]) => clean.replaceAll(secret, name), cut);
}
