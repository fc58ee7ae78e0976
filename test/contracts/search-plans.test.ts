import pg from "pg";
import { toSql } from "pgvector";
import { beforeAll, describe, expect, it } from "vitest";
import { embeddingDimensions, type Search, type SearchOptions } from "#core/ports/index.ts";
import { withClient } from "#lambdas/migrate/connect.ts";
import { type Database, type Queryable, queryRows, type Statement } from "#postgres/database.ts";
import { findNearDuplicates } from "#postgres/search/look-alikes.ts";
import { postgresSearch, searchParameters } from "#postgres/search/search.ts";
import { postgresSimilar } from "#postgres/search/similar.ts";
import { postgresVectorPartitions } from "#postgres/search/vector-partitions.ts";
import { fillWithTenants, fillWithVectors } from "./bulk-items.ts";
import { contractDatabase, migratedDatabase, vacuum } from "./databases.ts";
import { axis } from "./new-rows.ts";
import { nodesOf, type PlanNode, type PlanRow } from "./plans.ts";

const model = "test-model";
const partitionedItems = 600;
const wordy = "wordy";
const wordsOfWordy = 100_001;
const idOf = ({ userId }: { userId: string }) => userId;

/** A vector of ones, or of minus ones, with eight of the opposite sign. */
const leaning = (at: number, side = 1) =>
	Float32Array.from({ length: embeddingDimensions }, (_, i) => (i >= at && i < at + 8 ? -side / 32 : side / 32));

const near = Array.from({ length: 20 }, (_, at) => leaning(at));
const far = Array.from({ length: 100 }, (_, at) => leaning(at, -1));
const twoClusters = { userId: "two-clusters", model };

/** Scans of the codes: of unassigned vectors, and of the partitions that are read. */
const codesIn = (nodes: PlanNode[]) => nodes.filter((node) => node["Index Name"] === "embeddings_codes");
const fromIndexAlone = expect.objectContaining({
	"Node Type": "Index Only Scan",
	"Heap Fetches": 0,
});

/** The numbers of a `halfvec` in binary form. */
const halfvec = ({ buffer, byteOffset }: Uint8Array) => {
	const bytes = new DataView(buffer, byteOffset);
	return Array.from({ length: bytes.getUint16(0) }, (_, at) => bytes.getFloat16(4 + 2 * at));
};

const literal = (value: unknown): string => {
	if (value === null) return "null";
	if (Array.isArray(value)) return `array[${value.map(literal).join()}]`;
	if (value instanceof Uint8Array) return `'${toSql(halfvec(value))}'`;
	return typeof value === "string" ? pg.escapeLiteral(value) : String(value);
};

const empty = await migratedDatabase();

describe(`the plan of a search on ${contractDatabase.title}`, () => {
	beforeAll(async () => {
		await withClient(empty.address, empty.migration, async (client) => {
			const db: Queryable = {
				query: (statement, values) => queryRows(client, statement, values),
			};
			const tenants = Array.from({ length: 12 }, (_, n) => ({
				userId: `tenant-${n}`,
				items: 150,
			}));
			await fillWithTenants(db, [
				...tenants,
				{ userId: "large", items: searchParameters.maxCandidates + 50 },
				{ userId: "single-item", items: 1 },
				{ userId: "partitioned", items: partitionedItems },
			]);
			await fillWithVectors(db, twoClusters, [...near, ...far]);
			await client.query(
				`insert into words (user_id, lexeme, documents)
				 select $1, '', 1 union all select $1, 'lexeme' || n, 1 from generate_series(1, $2::int - 1) as n`,
				[wordy, wordsOfWordy],
			);
			const partitions = postgresVectorPartitions(empty.connect(1));
			// Other tenants have partitions, too: with a handful, the planner rightly scans the table.
			for (const user of ["partitioned", ...tenants.slice(4).map(idOf)]) {
				await partitions.rebuild(user, model, {
					partitions: 20,
					vectors: partitionedItems,
				});
				await partitions.assign(user, model, partitionedItems);
			}
		});
		await vacuum(empty, "items, documents, embeddings, words, vector_partitions");
	});

	/** Runs what a port does, explains one of its statements on the same connection, and returns the plan. */
	async function planOf(
		run: (db: Database) => Promise<unknown>,
		{ name, generic = false }: { name?: string; generic?: boolean } = {},
	): Promise<PlanNode[]> {
		const db = empty.connect(1);
		const statements: Statement[] = [];
		await run({
			...db,
			query<Row extends object>(statement: string | Statement) {
				if (typeof statement === "string") throw new Error("The port ran a string, not a Statement.");
				statements.push(statement);
				return db.query<Row>(statement);
			},
		});
		const explained = name === undefined ? statements.at(-1) : statements.find((statement) => statement.name === name);
		if (!explained) throw new Error(`The port ran ${statements.map((statement) => statement.name).join()}.`);
		const { text, values = [] } = explained;
		if (generic) {
			await db.query("set plan_cache_mode = force_generic_plan");
			await db.query(`prepare explained as ${text}`);
		}
		const [row] = generic
			? await db.query<PlanRow>(`explain (analyze, format json) execute explained(${values.map(literal).join()})`)
			: await db.query<PlanRow>(`explain (analyze, format json) ${text}`, values);
		await db.close();
		if (!row) throw new Error("The statement has no plan.");
		return nodesOf([row]);
	}

	/** @param name of the statement. @default the last */
	const searchPlan = (search: (port: Search) => Promise<unknown>, name?: string) =>
		planOf((db) => search(postgresSearch(db)), { name });

	const vector = { model, vector: axis(0) };
	const options = { topK: 10 };

	it.each([
		["", options],
		[" with a category", { ...options, category: "Food" }],
	])("reads vector codes%s from the covering index alone", async (_, searchOptions) => {
		const nodes = await searchPlan((search) => search.byVector("tenant-3", vector, searchOptions));
		expect(codesIn(nodes)).toEqual([fromIndexAlone, fromIndexAlone]);
	});

	it("reads some partitions of a partitioned collection, and all for a category or an exhaustive search", async () => {
		const codesRead = async (searchOptions: SearchOptions, query = {}) => {
			const scans = codesIn(
				await searchPlan((search) => search.byVector("partitioned", { ...vector, ...query }, searchOptions)),
			);
			expect(scans).toEqual([fromIndexAlone, fromIndexAlone]);
			return scans.reduce((sum, scan) => sum + (scan["Actual Rows"] ?? 0), 0);
		};
		const some = await codesRead(options);
		expect(some).toBeGreaterThan(0);
		expect(some).toBeLessThan(0.75 * partitionedItems);
		expect(await codesRead({ ...options, category: "Food" })).toBe(partitionedItems);
		expect(await codesRead(options, { exhaustive: true })).toBe(partitionedItems);
	});

	it("compares no vectors whose codes are much farther than those of the wanted hits", async () => {
		const compared = async (topK: number) => {
			const nodes = await searchPlan((search) =>
				search.byVector(twoClusters.userId, { model, vector: leaning(50), minSimilarity: -1 }, { topK }),
			);
			return nodes.find(
				(node) => node["Index Name"] === "one_embedding_per_item_and_model" && node["Node Type"] === "Index Scan",
			)?.["Actual Loops"];
		};
		expect(await compared(10)).toBe(near.length);
		expect(await compared(50)).toBe(near.length + far.length);
	});

	it("computes the query's code once, before the scan", async () => {
		const nodes = await searchPlan((search) => search.byVector("tenant-3", vector, options));
		const sort = nodes.find((node) => node["Sort Key"]?.some((key) => key.includes("<~>")));
		expect(sort?.["Sort Key"]?.join()).toMatch(/InitPlan/);
	});

	/** Returns the generic plan that a connection keeps for a search's statement after many searches. */
	const genericPlan = (search: (port: Search) => Promise<unknown>, name?: string) =>
		planOf((db) => search(postgresSearch(db)), { name, generic: true });

	const hybrid = {
		text: { text: "word77 common" },
		vector,
		weights: { text: 0.5, vector: 0.5 },
	};

	it.each(["tenant-3", "large", "partitioned"])(
		"reads, for %s, codes from the index and only the vectors that it compares, by the generic plan",
		async (tenant) => {
			const nodes = await genericPlan((search) => search.hybrid(tenant, hybrid, options));
			expect(codesIn(nodes)).toEqual([fromIndexAlone, fromIndexAlone]);
			const sort = nodes.find((node) => node["Sort Key"]?.some((key) => key.includes("<~>")));
			expect(sort?.["Sort Key"]?.join()).toMatch(/InitPlan/);
			const vectors = nodes.filter(
				(node) => node["Relation Name"] === "embeddings" && node["Node Type"] !== "Index Only Scan",
			);
			expect(vectors).toMatchObject([
				{
					"Node Type": "Index Scan",
					"Index Name": "one_embedding_per_item_and_model",
					"Actual Rows": 1,
				},
			]);
		},
	);

	it.each(["single-item", "large", "partitioned"])(
		"uses the generic plan from the sixth search on, for %s",
		async (tenant) => {
			const db = empty.connect(1);
			const search = postgresSearch(db);
			const text = { text: "common headline" };
			for (let n = 0; n < 10; n++) {
				await search.byText(tenant, text, options);
				await search.byVector(tenant, vector, options);
				await search.hybrid(tenant, { ...hybrid, text }, options);
			}
			const prepared = await db.query(
				`select name, custom_plans::int, generic_plans::int from pg_prepared_statements
			 where name like 'search %' order by name`,
			);
			await db.close();
			// PostgreSQL plans each of the first five runs, to compare the costs.
			expect(prepared).toEqual(
				[
					["search byText", 5],
					["search byVector", 5],
					["search hybrid", 5],
					["search terms", 15],
				].map(([name, generic_plans]) => ({ name, custom_plans: 5, generic_plans })),
			);
		},
	);

	it("finds similar items in the indexes of codes and of hashes alone", async () => {
		const db = empty.connect(1);
		const [item] = await db.query<{ id: string }>("select id from items where user_id = $1 limit 1", ["tenant-3"]);
		await db.close();
		const id = item?.id ?? "";
		const byVector = await planOf((explaining) =>
			postgresSimilar(explaining).toItem("tenant-3", id, { model: "test-model", topK: 10 }),
		);
		expect(codesIn(byVector)).toEqual([fromIndexAlone, fromIndexAlone]);
		const looks = { perceptual_hash: "0".repeat(64), crop_hashes: "0".repeat(320), luma: null, extracted_text: null };
		const byHash = await planOf((explaining) => findNearDuplicates(explaining, "tenant-3", id, looks));
		const hashes = byHash.find((node) => node["Index Name"] === "items_hashes");
		expect(hashes).toMatchObject({ "Node Type": "Index Only Scan" });
		expect(byHash.filter((node) => node["Node Type"] === "Seq Scan")).toEqual([]);
	});

	it("finds words in the index of user and words", async () => {
		const nodes = await searchPlan((search) => search.byText("tenant-3", { text: "word77 word99" }, options));
		const names = nodes.flatMap((node) => node["Index Name"] ?? []);
		expect(names).toContain("documents_words");
	});

	describe.each([
		["planned anew", searchPlan],
		["by the generic plan", genericPlan],
	])("among 100,000 words of a person, %s,", (_, plan) => {
		const scansOf = async (user: string, text: string, name: string) =>
			(await plan((search) => search.byText(user, { text }, options), name)).filter(
				(node) => node["Relation Name"] === "words",
			);

		it("looks a query's words up by index conditions, and longer words from either end", async () => {
			const scans = await scansOf(wordy, "lexeme777 headline", "search terms");
			expect(scans).toHaveLength(4);
			for (const scan of scans) {
				expect(scan["Node Type"]).toMatch(/^Index (Only )?Scan$/);
				expect(scan["Index Cond"]).toMatch(/user_id = .* AND .*lexeme/);
				expect((scan["Actual Rows"] ?? 0) + (scan["Rows Removed by Filter"] ?? 0)).toBeLessThan(50);
			}
			expect(scans.map((scan) => scan["Index Name"]).sort()).toEqual([
				"one_row_per_word",
				"one_row_per_word",
				"one_row_per_word",
				"words_from_the_end",
			]);
		});

		it("reads for a misspelt word those of its own person alone", async () => {
			const [scan, ...more] = await scansOf("tenant-3", "headlime", "search vocabulary");
			expect(more).toEqual([]);
			expect(scan?.["Node Type"]).toMatch(/^(Index (Only )?|Bitmap Heap )Scan$/);
			expect((scan?.["Actual Rows"] ?? 0) + (scan?.["Rows Removed by Filter"] ?? 0)).toBeLessThan(10_000);
		});
	});

	it("ranks at most `maxCandidates` documents, however common the words", async () => {
		const nodes = await searchPlan((search) => search.byText("large", { text: "common headline" }, options));
		const candidates = nodes.find((node) => node["Subplan Name"] === "CTE candidates");
		expect(candidates?.["Actual Rows"]).toBe(searchParameters.maxCandidates);
	});

	it("never scans a whole table", async () => {
		const nodes = await searchPlan((search) =>
			search.hybrid(
				"tenant-3",
				{
					text: { text: "word77 common" },
					vector,
					weights: { text: 0.5, vector: 0.5 },
				},
				options,
			),
		);
		const fullScans = nodes.filter((node) => node["Node Type"] === "Seq Scan");
		expect(fullScans.map((node) => node["Relation Name"])).toEqual([]);
	});
});
