const plain = (text: string) => text.normalize("NFKC").toLowerCase().replaceAll(/\s+/g, " ");
const escaped = (text: string) => plain(text).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** True where a text has a fact in one of its forms, as whole words: 5 is not in 15, nor in 5.50. */
export function hasFact(text: string, forms: string[]): boolean {
	return forms.some((form) =>
		new RegExp(
			`(?<![\\p{Script=Latin}\\p{N}]|\\p{N}[.,:])${escaped(form)}(?![\\p{Script=Latin}\\p{N}]|[.,:]\\p{N})`,
			"u",
		).test(plain(text)),
	);
}
