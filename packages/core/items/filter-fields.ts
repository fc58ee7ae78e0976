import { z } from "zod";
import type { ItemFilter } from "../ports/items.ts";
import { shownStatuses } from "./item.ts";
import { maxTagLength } from "./tag-names.ts";
import { localText } from "./taken-at.ts";

/** More are no question that a person asks. */
const maxTags = 20;

const searchable = (max: number) =>
	z
		.string()
		.max(max, { error: `Must have at most ${max} characters` })
		.refine((text) => text.isWellFormed() && !text.includes("\0"), { error: "Holds a NUL byte or half a character" });

/** PostgreSQL knows no year 0, and the day after the last of 9999 is none of four digits. */
const time = z
	.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })], {
		error:
			"Must be a day as 2026-03-01, or a time as 2026-03-01T10:22:33Z or without the Z as the local clock shows it",
	})
	.refine((text) => !/^(0000|9999)/.test(text), { error: "Must be of a year from 1 to 9998" });

/** The filters of a list of items, as requests name them and as they are stored with a smart album. */
export const itemFilterFields = z.strictObject({
	category: searchable(100).optional().describe("A category in any case: `food` is `Food`."),
	status: z
		.enum(shownStatuses)
		.optional()
		.describe("By default all but `pending` and `trashed`, which are listed by this filter alone."),
	from: time
		.optional()
		.describe("From this day or time on, by when it was taken or else uploaded. Days are those of the local clock."),
	to: time.optional().describe("Up to the end of this day, or up to and without this time."),
	tag: z
		.union([
			searchable(maxTagLength),
			z.array(searchable(maxTagLength)).max(maxTags, { error: `Must be at most ${maxTags} tags` }),
		])
		.optional()
		.describe("A tag in any case; several for the items that have all of them."),
	favorite: z
		.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")], {
			error: "Must be true or false",
		})
		.optional(),
	album: z.uuid({ error: "Must be the id of an album" }).toLowerCase().optional(),
	provider: searchable(100).optional().describe("The provider of the current analysis, as `offline`."),
});
export type ItemFilterFields = z.output<typeof itemFilterFields>;

const dayMs = 86_400_000;
const isDay = (text: string) => text.length === 10;

/** Converts filters to what ports take. */
export function filterOf({ category, from, to, tag, ...fields }: ItemFilterFields): ItemFilter {
	return {
		...fields,
		// Forms send an empty field for any category.
		...(category && { category }),
		...(from && { from: boundOf(from) }),
		...(to && { to: isDay(to) ? localText(new Date(new Date(to).getTime() + dayMs)) : boundOf(to) }),
		...(tag && { tags: [tag].flat() }),
	};
}

/** A time with an offset is an instant, any other one a local time. */
function boundOf(text: string): Date | string {
	if (isDay(text)) return `${text}T00:00:00`;
	return /(?:Z|[+-]\d\d:?\d\d)$/i.test(text) ? new Date(text) : localText(new Date(`${text}Z`));
}
