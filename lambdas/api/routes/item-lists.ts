import { z } from "@hono/zod-openapi";
import { resolveAlbum } from "#core/albums/smart-items.ts";
import { AppError } from "#core/errors.ts";
import { itemId, text } from "#core/input-fields.ts";
import { listEntityTag } from "#core/items/entity-tag.ts";
import { filterOf, itemFilterFields } from "#core/items/filter-fields.ts";
import { facetNames, type ItemFilter, type ItemSort, itemSorts } from "#core/ports/index.ts";
import { hasVersion } from "../http/entity-tags.ts";
import { etagHeader, ifNoneMatchParameter, notFound } from "../http/error-responses.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, wholeNumber } from "../http/routing.ts";
import { compactItemSchema, presentCompactItem } from "../presenters/compact-item.ts";
import { itemSchema, presentItem } from "../presenters/item.ts";
import { routes } from "./table.ts";

const tags = ["Items"];
const maxIds = 100;

const filters = itemFilterFields.shape;

const ids = z
	.union([z.string(), z.array(z.string())])
	.transform((value) => [value].flat().flatMap((list) => list.split(",")))
	.pipe(z.array(itemId).max(maxIds, { error: `Must be at most ${maxIds} ids` }))
	.openapi({ type: "array", items: { type: "string", format: "uuid" }, maxItems: maxIds });

const list = guarded(routes.listItems, {
	tags,
	summary: "List items, newest first",
	description:
		"Filters that fit nothing give an empty page. A cursor belongs to the sort and the order of the page that gave it. With `ids` the answer has an `ETag`: sent back as `If-None-Match`, it makes looking for changes cheap.",
	request: {
		query: z.strictObject({
			...filters,
			ids: ids.optional().openapi({
				description:
					"These items, separated by commas, also those still `pending`; `compact` unless `fields` says otherwise. Ids that are no items of yours are left out.",
			}),
			sort: z.enum(itemSorts).optional().openapi({
				description:
					"By upload (`created`), by the local time where it was taken, else the upload's (`taken`), by the file's name (`name`), or by the place in the `album` (`position`). By default `position` in an album to which items are added, else `created`.",
			}),
			order: z
				.enum(["asc", "desc"])
				.optional()
				.openapi({ description: "By default `desc`, of names and positions `asc`." }),
			fields: z.enum(["full", "compact"]).optional().openapi({
				description: "`compact` is what a grid shows; default is `full`.",
			}),
			limit: wholeNumber(1, 100, 50).openapi({ description: "By default 50, of `ids` all." }),
			offset: wholeNumber(0, 1_000_000, 0),
			cursor: text(2_000).optional().openapi({
				description: "The `next_cursor` of the page before; replaces `offset`.",
			}),
		}),
	},
	parameters: [ifNoneMatchParameter],
	responses: {
		...notFound,
		200: {
			...json(
				"A page of items.",
				z.object({
					items: z.array(z.union([itemSchema, compactItemSchema])),
					total: z.int(),
					next_cursor: z.string().nullable(),
				}),
			),
			headers: etagHeader,
		},
		304: {
			description: "Nothing that is shown of `ids` has changed since the answer that If-None-Match names.",
			headers: etagHeader,
		},
	},
});

const facetValues = z.array(z.object({ value: z.string(), count: z.int().positive() }));

const facets = guarded(routes.listFacets, {
	tags,
	summary: "Count items by category, tag, month, status and provider",
	description: "Each value with how many items have it, the most frequent first, months the latest first.",
	request: { query: z.strictObject(filters) },
	responses: {
		...notFound,
		200: json(
			"The values.",
			z
				.object(Object.fromEntries(facetNames.map((name) => [name, facetValues])) as FacetShape)
				.extend({ months: facetValues.openapi({ description: "As `2026-03`, of the local clock." }) })
				.openapi("Facets"),
		),
	},
});

type FacetShape = Record<(typeof facetNames)[number], typeof facetValues>;

/** Serves lists of a person's items. */
export const register: RegisterRoutes = (app, ports) => {
	app.openapi(list, async (c) => {
		const { ids, sort, order, fields, limit, offset, cursor, ...filters } = c.req.valid("query");
		const userId = c.get("userId");
		const filter = await resolveAlbum(ports, userId, filterOf(filters));
		const page = {
			...filter,
			...{ sort: sortOf(filter, sort), order, offset },
			...(ids && { ids }),
			limit: ids && c.req.query("limit") === undefined ? maxIds : limit,
			cursor: cursor || undefined,
		};
		const isCompact = (fields ?? (ids ? "compact" : "full")) === "compact";
		const found = await (isCompact ? ports.items.listCompact(userId, page) : ports.items.list(userId, page));
		const etag = ids && listEntityTag(found, new Date());
		if (etag && hasVersion(c.req.header("if-none-match"), etag)) return c.body(null, 304, { etag });
		const items = await Promise.all(
			found.items.map((item) => ("item" in item ? presentItem(ports, item) : presentCompactItem(ports, item))),
		);
		return c.json({ items, total: found.total, next_cursor: found.nextCursor }, 200, etag ? { etag } : undefined);
	});

	app.openapi(facets, async (c) => {
		const userId = c.get("userId");
		const filter = await resolveAlbum(ports, userId, filterOf(c.req.valid("query")));
		return c.json(await ports.items.facets(userId, filter), 200);
	});
};

/** @throws AppError where items have no places: a smart album finds them in none */
function sortOf({ album }: ItemFilter, asked: ItemSort | undefined): ItemSort {
	if (asked === "position" && album === undefined) {
		const detail = "Is the order of an album to which items are added: name one by album, or another sort";
		throw new AppError("invalid_fields", `query.sort: ${detail}.`, { fields: [{ field: "query.sort", detail }] });
	}
	return asked ?? (album === undefined ? "created" : "position");
}
