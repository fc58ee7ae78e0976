// make bench-lists: measures pages of 100 of a person's 20,000 items, beside other tenants, by each filter and each sort,
// against the unfiltered page of the same round.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type pg from "pg";
import type { ItemPage, Items } from "#core/ports/index.ts";
import { main, step } from "#deployment/progress.ts";
import { withClient } from "#lambdas/migrate/connect.ts";
import { postgresItems } from "#postgres/items/items.ts";
import { postgresSearch } from "#postgres/search/search.ts";
import { temporaryDatabase } from "#tools/local/temporary-database.ts";
import { type Demand, demand, quantile, report } from "./report.ts";

const url = process.env.DATABASE_URL || process.env.TEST_DATABASE_URL || null;
const items = Number(process.env.ROWS || 20_000);
const others = { users: 20, items: 1_000 };
const rounds = Number(process.env.ROUNDS || 60);
const warmUps = 5;
const userId = "person";
const album = "99999999-9999-4999-8999-999999999999";

/** Times of the unfiltered page that any other may take. */
const maxRatio = 2;
/** Times of a plain search by words that one by a word's beginning may take. */
const maxPrefixRatio = 1.5;

const pages: Record<string, Partial<ItemPage>> = {
	unfiltered: {},
	"sort=taken": { sort: "taken" },
	"sort=name": { sort: "name" },
	"order=asc": { order: "asc" },
	"sort=taken, order=asc": { sort: "taken", order: "asc" },
	"category, 1 of 10": { category: "category 3" },
	"category, 1 of 1,000": { category: "rare" },
	"tag, 1 of 20": { tags: ["tag 3"] },
	"two tags": { tags: ["tag 3", "even"] },
	album: { album },
	"album, sort=position": { album, sort: "position" },
	favorite: { favorite: true },
	provider: { provider: "anthropic" },
	"risk=high": { risk: "high" },
	"status=ready": { status: "ready" },
	"status=failed": { status: "failed" },
	"status=trashed": { status: "trashed" },
	"a month": { from: "2024-03-01T00:00:00", to: "2024-04-01T00:00:00" },
	"a year, sort=taken": { from: "2024-01-01T00:00:00", to: "2025-01-01T00:00:00", sort: "taken" },
	"category, sort=name": { category: "category 3", sort: "name" },
	"tag, sort=taken": { tags: ["tag 3"], sort: "taken" },
	"category, favorite and a year": { category: "category 0", favorite: true, from: "2024-01-01T00:00:00" },
};

/** Fills the tables as the pipeline and its people do, without vectors. */
async function fill(client: pg.Client, user: string, count: number): Promise<void> {
	const made = (id: string) => `(md5($1::text || '${id}' || n)::uuid)`;
	const category = "case when n % 1000 = 7 then 'Rare' else 'Category ' || n % 10 end";
	const words = "'receipt of shop ' || n || ' boarding pass gate ' || n % 97 || ' word' || n % 5003";
	await client.query(
		`insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id, status, width, height, placeholder,
		   taken_at, taken_at_local, taken_at_source, favorite, trashed_at, created_at, error_code, error_detail)
		 select ${made("item")}, $1, 'IMG_' || md5(n::text) || '.jpg', 'image/jpeg', 1000000, 'bench',
		   case when n % 100 = 1 then 'failed' else 'uploaded' end, 3000, 4000, decode('d5071215046787', 'hex'),
		   case when n % 3 > 0 then taken end, case when n % 3 > 0 then to_char(taken, 'YYYY-MM-DD"T"HH24:MI:SS') end,
		   case when n % 3 > 0 then 'exif' end, n % 50 = 0, case when n % 40 = 3 then clock_timestamp() end,
		   timestamptz '2023-01-01' + n * interval '1 hour',
		   case when n % 100 = 1 then 'undecodable_image' end, case when n % 100 = 1 then 'Broken.' end
		 from generate_series(1, $2::int) as n, lateral (select timestamp '2022-01-01' + (n * 7919 % 1300) * interval '1 day' as taken) as times`,
		[user, count],
	);
	await client.query(
		`insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used, verification)
		 select ${made("analysis")}, ${made("item")}, $1, 1, ${category},
		   jsonb_build_object('category', ${category}, 'headline', 'Headline ' || n, 'summary', repeat('A summary. ', 20),
		     'subcategories', '[]'::jsonb, 'tags', '[]'::jsonb, 'image_details', jsonb_build_object('extracted_text', '[]'::jsonb,
		       'objects', '[]'::jsonb, 'themes', '[]'::jsonb, 'emotions', '[]'::jsonb, 'vibes', '[]'::jsonb), 'media_metadata', '{}'::jsonb),
		   case when n % 30 = 0 then 'anthropic' else 'offline' end, 'bench',
		   jsonb_build_object('riskLevel', case when n % 15 = 4 then 'high' else 'low' end)
		 from generate_series(1, $2::int) as n where n % 100 <> 1`,
		[user, count],
	);
	await client.query(
		`update items set analysis_id = analyses.id, status = 'ready'
		 from analyses where items.user_id = $1 and analyses.user_id = $1 and analyses.item_id = items.id`,
		[user],
	);
	await client.query(
		`insert into documents (item_id, user_id, analysis_id, category, headline, summary, labels, extracted_text, search)
		 select ${made("item")}, $1, ${made("analysis")}, ${category}, 'Headline ' || n, repeat('A summary. ', 20), '', ${words},
		   to_tsvector('simple', ${words})
		 from generate_series(1, $2::int) as n where n % 100 <> 1`,
		[user, count],
	);
	await client.query(
		`insert into item_tags (user_id, item_id, tag, name, source)
		 select $1, ${made("item")}, tag, tag, 'person'
		 from generate_series(1, $2::int) as n, lateral (
		   select 'tag ' || n % 20 as tag union all select 'even' where n % 2 = 0 or n % 20 = 3) as tags`,
		[user, count],
	);
	await client.query("insert into albums (user_id, id, name) values ($1, $2, 'Album')", [user, album]);
	await client.query(
		`insert into album_items (user_id, album_id, item_id, position)
		 select $1, $3, ${made("item")}, n from generate_series(1, $2::int) as n where n % 25 = 0`,
		[user, count, album],
	);
}

async function timed(run: () => Promise<unknown>): Promise<number> {
	const started = performance.now();
	await run();
	return performance.now() - started;
}

const p95 = (values: number[]) => quantile(values, 0.95);

/** Runs all alternately, so that a busy moment of the machine is shared by them. */
async function alternately(runs: Map<string, () => Promise<unknown>>): Promise<Map<string, number[]>> {
	const times = new Map<string, number[]>([...runs.keys()].map((name) => [name, []]));
	for (let round = 0; round < warmUps + rounds; round++) {
		for (const [name, run] of runs) {
			const ms = await timed(run);
			if (round >= warmUps) times.get(name)?.push(ms);
		}
	}
	return times;
}

/** Counts a page's items. @throws where its filter leaves none, or all: the demand would be over nothing */
async function totalOf(port: Items, name: string, page: ItemPage, all: number | undefined): Promise<number> {
	const { items: found, total } = await port.listCompact(userId, page);
	if (found.length === 0) throw new Error(`"${name}" has no items: nothing would be measured.`);
	const { limit, offset, sort, order, ...filters } = page;
	if (Object.keys(filters).length > 0 && total === all)
		throw new Error(`"${name}" has all ${all} items: it is no filter.`);
	return total;
}

await main(async () => {
	if (!url) throw new Error("bench-lists measures native PostgreSQL: set DATABASE_URL to one and its master user.");
	const directory = mkdtempSync(path.join(tmpdir(), "collections-bench-"));
	const database = await temporaryDatabase(directory, url);
	try {
		await step(`${items} items and ${others.users * others.items} of ${others.users} other people`, () =>
			withClient(database.address, database.owner, async (client) => {
				await fill(client, userId, items);
				for (let at = 0; at < others.users; at++) await fill(client, `other-${at}`, others.items);
				for (const table of ["items", "analyses", "documents", "words", "item_tags", "album_items"]) {
					await client.query(`vacuum (analyze) ${table}`);
				}
			}),
		);
		const port = postgresItems(database.application);
		const totals = new Map<string, number>();
		const runs = new Map<string, () => Promise<unknown>>();
		for (const [name, asked] of Object.entries(pages)) {
			const page = { ...asked, limit: 100, offset: 0 };
			totals.set(name, await totalOf(port, name, page, totals.get("unfiltered")));
			runs.set(name, () => port.listCompact(userId, page));
		}
		const times = await step("pages", () => alternately(runs));
		const facetMs = p95((await alternately(new Map([["facets", () => port.facets(userId, {})]]))).get("facets") ?? []);

		const search = postgresSearch(database.application);
		const typed = ["receipt shop boar", "boarding pa", "gate wor", "shop rece"];
		const plain = ["receipt shop boarding", "boarding pass", "gate word77", "shop receipt"];
		const searchAll = (queries: string[], prefix: boolean) => async () => {
			for (const text of queries) {
				const hits = await search.byText(userId, { text, prefix }, { topK: 10 });
				if (hits.length === 0) throw new Error(`"${text}" found nothing: nothing would be measured.`);
			}
		};
		const searches = await step("searches by a word's beginning", () =>
			alternately(
				new Map([
					["plain", searchAll(plain, false)],
					["prefix", searchAll(typed, true)],
				]),
			),
		);

		const base = p95(times.get("unfiltered") ?? []);
		const demands: Demand[] = [...times]
			.filter(([name]) => name !== "unfiltered")
			.map(([name, ms]) => demand(`p95 of a page, ${name} / unfiltered`, p95(ms) / base, maxRatio));
		demands.push(
			demand(
				"p95 of a search by a word's beginning / a plain one",
				p95(searches.get("prefix") ?? []) / p95(searches.get("plain") ?? []),
				maxPrefixRatio,
			),
		);
		const rows = [...times].map(([name, ms]) => ({
			[`a page of 100 of ${items}`]: name,
			total: totals.get(name) ?? 0,
			"p50, ms": quantile(ms, 0.5).toFixed(1),
			"p95, ms": p95(ms).toFixed(1),
		}));
		report("lists", rows, demands, [
			`${database.title}; ${rounds} rounds, in each every page once. A page is the compact items, their number in all, and the next cursor.`,
			`Facets of all ${items}: p95 ${facetMs.toFixed(1)} ms.`,
		]);
		if (demands.some(({ holds }) => !holds)) process.exitCode = 1;
	} finally {
		await database.drop();
		rmSync(directory, { recursive: true, force: true });
	}
});
