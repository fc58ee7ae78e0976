import { urlText } from "#web/app/url-text.ts";

export const modes = ["hybrid", "bm25", "vector"] as const;
export type Mode = (typeof modes)[number];

/** A search as the URL has it, so that it can be sent to somebody, kept, and gone back to. */
export interface SearchState {
	q?: string;
	/** @default hybrid */
	mode?: Mode;
	category?: string;
	/** Strong results alone. */
	strict?: true;
	/** The question is answered, too. */
	ask?: true;
}

export function readSearchState(search: Record<string, unknown>): SearchState {
	const { q, mode, category, strict, ask } = search;
	return {
		q: urlText(q),
		mode: modes.find((each) => each === mode && each !== "hybrid"),
		category: urlText(category),
		strict: strict === true || undefined,
		ask: ask === true || undefined,
	};
}
