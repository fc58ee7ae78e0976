import type { Item } from "../../../client/index.ts";

/** Clocks of the world are set at most so far before and after UTC, in quarters of an hour. */
const zone = { quarterMs: 15 * 60_000, minMs: -12 * 3_600_000, maxMs: 14 * 3_600_000 };

/**
 * Tells whether an item's own time is the moment that a source names. Where one of the two has no offset, it is if the
 * clock can have shown the one at the other: then the picture's own time says more, and stays.
 */
export function isSameMoment(item: Pick<Item, "taken_at_local" | "taken_at_offset">, at: string): boolean {
	if (!item.taken_at_local) return false;
	const [, clock = "", offset = ""] = /^(.{19})(?:\.\d+)?(.*)$/.exec(at) ?? [];
	if (!offset) return clock === item.taken_at_local;
	const shown = Date.parse(`${item.taken_at_local}${item.taken_at_offset ?? "Z"}`);
	const ahead = shown - Date.parse(`${clock}${offset}`);
	if (item.taken_at_offset) return ahead === 0;
	return ahead >= zone.minMs && ahead <= zone.maxMs && ahead % zone.quarterMs === 0;
}
