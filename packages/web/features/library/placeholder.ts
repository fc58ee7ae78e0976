import { thumbHashToDataURL } from "thumbhash";

const drawn = new Map<string, string>();
/** A scroll through thousands of items must not fill the memory. */
const maxDrawn = 2_000;

/** The address of the blurred picture that a thumbhash stands for. */
export function placeholderUrl(thumbhash: string): string {
	const kept = drawn.get(thumbhash);
	if (kept) return kept;
	const url = thumbHashToDataURL(Uint8Array.from(atob(thumbhash), (character) => character.charCodeAt(0)));
	if (drawn.size >= maxDrawn) drawn.clear();
	drawn.set(thumbhash, url);
	return url;
}
