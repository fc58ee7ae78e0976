import { describe, expect, it } from "vitest";
import { isWord } from "#ai/offline/word-vectors.ts";
import { fakePorts } from "#fakes/ports.ts";
import type { Database, Queryable } from "#postgres/database.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { postgresSearchIndex } from "#postgres/search/search-index.ts";
import { postgresVectorPartitions } from "#postgres/search/vector-partitions.ts";
import { albumsContract } from "./albums.ts";
import { archivesContract } from "./archives.ts";
import { billedUsageContract } from "./billed-usage.ts";
import { currentAnalysisContract } from "./current-analysis.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { duplicatesContract } from "./duplicates.ts";
import { editsContract } from "./edits.ts";
import { goldenContract } from "./golden.ts";
import { hybridSearchContract } from "./hybrid-search.ts";
import { itemListsContract } from "./item-lists.ts";
import type { ArrangedPorts } from "./item-states.ts";
import { itemsContract } from "./items.ts";
import { jobsContract } from "./jobs.ts";
import { outagesContract } from "./outages.ts";
import { outboxContract } from "./outbox.ts";
import { profilesContract, usageContract } from "./people.ts";
import { rebuildContract } from "./rebuild.ts";
import { redactionsContract } from "./redactions.ts";
import { requestsContract } from "./requests.ts";
import { searchFiltersContract } from "./search-filters.ts";
import { searchLanguageContract } from "./search-language.ts";
import { sharesContract } from "./shares.ts";
import { similarContract } from "./similar.ts";
import { stagesContract } from "./stages.ts";
import { subscriptionsContract } from "./subscriptions.ts";
import { sweeperContract } from "./sweeper.ts";
import { tagsContract } from "./tags.ts";
import { tenancyContract } from "./tenancy.ts";
import { textSearchContract } from "./text-search.ts";
import { vectorSearchContract } from "./vector-search.ts";
import { verificationsContract } from "./verifications.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

// The database ranks: the fakes only find items for use cases, so the contracts of search and similarity skip them.
describe("the fake", () => {
	const ports = fakePorts();
	const arranged: ArrangedPorts = {
		...ports,
		async forceFailed({ id }) {
			const stored = ports.store.items.get(id);
			if (!stored) return;
			stored.item.status = "failed";
			stored.item.error = { code: "retries_exhausted", detail: "By hand." };
		},
	};
	storedContracts(() => arranged);
});

const empty = await migratedDatabase();

describe(contractDatabase.title, () => {
	/** Each statement's text with the values of its last run. */
	const statements = new Map<string, unknown[]>();

	const ports: ArrangedPorts = {
		...postgresPorts(recorded(empty.connect(6), statements), isWord),
		async forceFailed({ id, userId }) {
			await empty.connect(1).query(
				`update items set status = 'failed', error_code = 'retries_exhausted', error_detail = 'By hand.'
				 where user_id = $1 and id = $2`,
				[userId, id],
			);
		},
	};

	contracts(() => ports);
	searchLanguageContract(() => ports);

	it("gives the sweeper the redactions of those who wait longest, until they are finished", async () => {
		const db = empty.connect(1);
		const users = ["first", "second", "third"];
		for (const [index, user] of users.entries()) {
			await db.query(
				`insert into chat_redactions (user_id, item_id, due_at)
				 select $1, gen_random_uuid(), clock_timestamp() - make_interval(days => $2) from generate_series(1, 2)`,
				[user, 100 - index],
			);
		}
		await db.query("insert into chat_redactions (user_id, item_id) values ('first', gen_random_uuid())");
		// Where tests take long, redactions of others are due by now.
		const claim = async () =>
			(await ports.redactions.claimDue({ againSeconds: 60, limit: 2 })).filter(({ userId }) => users.includes(userId));
		const claimed = await claim();
		expect(claimed.map(({ userId, itemIds }) => [userId, itemIds.length]).sort()).toEqual([
			["first", 2],
			["second", 2],
		]);
		expect(await claim()).toMatchObject([{ userId: "third" }]);
		expect(await claim()).toEqual([]);
		for (const { userId, itemIds } of claimed) await ports.redactions.finish(userId, itemIds);
		expect(await ports.redactions.isPending("first"), "one was not due").toBe(true);
		expect(await ports.redactions.isPending("second")).toBe(false);
		await db.query("delete from chat_redactions where user_id = any($1)", [users]);
	});

	it("binds the user in every statement on a tenant's table, except those of the sweeper and of administrators, a visitor's look-up, and that which gives people turns", async () => {
		await postgresSearchIndex(recorded(empty.connect(1), statements)).indexOutdated(1);
		await postgresSearchIndex(recorded(empty.connect(1), statements)).rewriteOutdated(1);
		const partitions = postgresVectorPartitions(recorded(empty.connect(1), statements));
		await partitions.listLarge({ minItems: 1, limit: 1 });
		await partitions.rebuild("nobody", "none", { partitions: 1, vectors: 0 });
		await partitions.assign("nobody", "none", 1);
		await partitions.removeEmpty("nobody", "none");
		const tables =
			/\b(from|join|into|update)\s+(items|analyses|documents|words|embeddings|requests|outbox|tombstones|chat_redactions|golden_entries|vector_partitions|item_tags|removed_tags|outdated_documents|profiles|model_usage|verifications|verification_citations|webhooks|webhook_deliveries|shares|albums|album_items|jobs|job_items|job_parts)\b/;
		const bound =
			/\buser_id = (\(select )?\$\d|\(\s*(id|item_id), (item_id, )?user_id,|\binto (profiles|model_usage|webhooks|verifications|verification_citations|job_parts|item_tags|removed_tags) \(user_id\b/;
		const unbound = [...statements.keys()]
			.filter((sql) => tables.test(sql) && !bound.test(sql))
			.map((sql) => sql.replaceAll(/\s+/g, " ").trim().slice(0, 72));
		expect(statements.size).toBeGreaterThan(25);
		expect(unbound.sort()).toEqual([
			"delete from jobs where finished_at <= clock_timestamp() - make_interval(",
			"delete from outbox where id in (select id from outbox where id = any($1)",
			"select day::text, count(distinct user_id)::int as people, sum(calls)::in",
			"select extract(epoch from clock_timestamp() - stage_at)::float8 as secon",
			"select item_id, headline, summary, documents.note, labels, extracted_tex",
			"select shares.user_id, shares.id, item_id, album_id, title, password_has",
			"select user_id, id from ( select user_id, id, trashed_at, row_number() o",
			"update documents set search = vector::tsvector, search_version = $1 from",
			"with next as ( select user_id, id from jobs where jobs.state in ('queued",
			"with next as ( select user_id, item_id from outdated_documents where tru",
			"with recursive users as ( (select user_id, lexeme, documents from words ",
			"with recursive users as ( select queue, (select min(user_id) from items ",
			"with recursive users as ( select queue, (select min(user_id) from outbox",
			"with recursive users as ( select queue, (select min(user_id) from reques",
			"with recursive users as ( select queue, (select min(user_id) from tombst",
			"with stalled as ( select distinct on (user_id) user_id, id from jobs whe",
			"with summed as ( select user_id, sum(cost_usd) as exact_cost, sum(calls)",
			"with users as ( select user_id from chat_redactions where due_at <= cloc",
		]);
	});

	it("binds the user in every look-up of words", () => {
		const lookUps = [...statements].filter(
			([sql]) => /\bfrom words\b/.test(sql) && !/^\s*with recursive users\b/.test(sql),
		);
		const ofTerms = lookUps.filter(([sql]) => sql.includes("lexeme !~"));
		expect(ofTerms, "the terms, those with a prefix, and the vocabulary").toHaveLength(3);
		for (const [sql, values] of lookUps) {
			const binds = [...sql.matchAll(/\bfrom words\s+where user_id = (?:\(select )?\$(\d+)/g)];
			expect(binds).toHaveLength(sql.match(/\bfrom words\b/g)?.length ?? 0);
			const users = new Set(binds.map(([, number]) => values[Number(number) - 1]));
			expect([...users]).toEqual([expect.stringMatching(uuid)]);
		}
	});

	it("binds the user in every table of a search", () => {
		const searches = [...statements].filter(([sql]) => sql.includes("_results"));
		expect(searches.filter(([sql]) => !sql.includes("meant as"))).toHaveLength(3);
		expect(searches.length).toBeGreaterThan(10);
		for (const [sql, values] of searches) {
			// Each sub-select that names a table either binds the user or joins on the user of one that does.
			const reads = sql.match(/\b(from|join) (items|documents|embeddings)\b/g);
			const binds = [...sql.matchAll(/\buser_id = (?:\(select \$(\d+)::text\)|documents\.user_id)/g)];
			const users = new Set(binds.flatMap(([, number]) => values[Number(number) - 1] ?? []));
			expect([...users]).toEqual([expect.stringMatching(uuid)]);
			expect(binds.length).toBeGreaterThanOrEqual(new Set(reads).size === 0 ? 1 : (reads?.length ?? 0) - 1);
		}
	});
});

function contracts(get: () => ArrangedPorts): void {
	storedContracts(get);
	textSearchContract(get);
	vectorSearchContract(get);
	hybridSearchContract(get);
	similarContract(get);
	searchFiltersContract(get);
}

function storedContracts(get: () => ArrangedPorts): void {
	itemsContract(get);
	editsContract(get);
	tagsContract(get);
	itemListsContract(get);
	stagesContract(get);
	duplicatesContract(get);
	billedUsageContract(get);
	currentAnalysisContract(get);
	sweeperContract(get);
	outagesContract(get);
	outboxContract(get);
	requestsContract(get);
	redactionsContract(get);
	goldenContract(get);
	rebuildContract(get);
	tenancyContract(get);
	profilesContract(get);
	usageContract(get);
	sharesContract(get);
	subscriptionsContract(get);
	albumsContract(get);
	archivesContract(get);
	jobsContract(get);
	verificationsContract(get);
}

/** Records every statement that is sent to the database. */
function recorded(db: Database, statements: Map<string, unknown[]>): Database {
	const record = (to: Queryable): Queryable["query"] => {
		return (statement, values) => {
			const { text, values: bound } = typeof statement === "string" ? { text: statement, values } : statement;
			statements.set(text, bound ?? []);
			return to.query(statement, values);
		};
	};
	return {
		...db,
		query: record(db),
		transaction: (work) => db.transaction((tx) => work({ query: record(tx) })),
	};
}
