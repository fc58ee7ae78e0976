import { z } from "zod";
import { albumId, text } from "../input-fields.ts";
import type { ItemFilter } from "../ports/items.ts";
import { riskLevels } from "../verification/verdict.ts";
import { shownStatuses } from "./item.ts";
import { maxTagLength } from "./tag-names.ts";
import { localText } from "./taken-at.ts";

/** More are no question that a person asks. */
const maxTags = 20;

/** PostgreSQL knows no year 0, and the day after the last of 9999 is none of four digits. */
const time = z
	.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })], {
		error:
			"Must be a day as 2026-03-01, or a time as 2026-03-01T10:22:33Z or without the Z as the local clock shows it",
	})
	.refine((written) => !/^(0000|9999)/.test(written), { error: "Must be of a year from 1 to 9998" });

/** The filters of a list of items, as requests name them and as they are stored with a smart album. */
export const itemFilterFields = z.strictObject({
	category: text(100).optional().describe("A category in any case: `food` is `Food`."),
	status: z
		.enum(shownStatuses)
		.optional()
		.describe("By default all but `pending` and `trashed`, which are listed by this filter alone."),
	from: time
		.optional()
		.describe("From this day or time on, by when it was taken or else uploaded. Days are those of the local clock."),
	to: time.optional().describe("Up to the end of this day, or up to and without this time."),
	tag: z
		.union([text(maxTagLength), z.array(text(maxTagLength)).max(maxTags, { error: `Must be at most ${maxTags} tags` })])
		.optional()
		.describe("A tag in any case; several for the items that have all of them."),
	favorite: z
		.union([z.boolean(), z.enum(["true", "false"]).transform((written) => written === "true")], {
			error: "Must be true or false",
		})
		.optional(),
	album: albumId.optional(),
	risk: z
		.enum(riskLevels)
		.optional()
		.describe("At least this risk that the current description is wrong: `high` is also `critical`."),
	provider: text(100).optional().describe("The provider of the current analysis, as `offline`."),
});
export type ItemFilterFields = z.output<typeof itemFilterFields>;

const dayMs = 86_400_000;
const isDay = (written: string) => written.length === 10;

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
function boundOf(written: string): Date | string {
	if (isDay(written)) return `${written}T00:00:00`;
	return /(?:Z|[+-]\d\d:?\d\d)$/i.test(written) ? new Date(written) : localText(new Date(`${written}Z`));
}
