import { formatDate } from "#web/ui/format.ts";
import type { Section } from "./grid-layout.ts";

/**
 * The sections of a list by month. Counts and list are read one after the other: where they differ, the last section
 * takes what is left, so that every item has its place.
 */
export function monthSections(
	months: readonly { value: string; count: number }[] | undefined,
	total: number,
	locale: string,
): Section[] {
	const sections: Section[] = [];
	let left = total;
	for (const { value, count } of months ?? []) {
		if (left === 0) break;
		const taken = Math.min(count, left);
		sections.push({ title: formatDate(`${value}-01T00:00:00`, locale, "month"), count: taken });
		left -= taken;
	}
	const last = sections.at(-1);
	if (last) last.count += left;
	else if (left > 0) sections.push({ title: null, count: left });
	return sections;
}
