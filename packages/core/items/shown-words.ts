import type { Analysis } from "./analysis.ts";
import type { Item } from "./item.ts";

interface ShownWords {
	category: string;
	headline: string;
	summary: string;
}

type Shown = Pick<Item, "edits">;
type Described = Pick<Analysis, "description">;

/** Returns the words under which an item is shown: the person's own, else the model's; null where there are neither. */
export function shownWords(item: Shown, analysis: Described): ShownWords;
export function shownWords(
	item: Shown,
	analysis: Described | null,
): { [Word in keyof ShownWords]: ShownWords[Word] | null };
export function shownWords({ edits }: Shown, analysis: Described | null) {
	const description = analysis?.description;
	return {
		category: edits.category ?? description?.category ?? null,
		headline: edits.headline ?? description?.headline ?? null,
		summary: edits.summary ?? description?.summary ?? null,
	};
}
