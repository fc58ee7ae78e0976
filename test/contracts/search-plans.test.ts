import pg from "pg";
import { toSql } from "pgvector";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddingDimensions, type Search, type SearchOptions } from "#core/ports/index.ts";
import { withClient } from "#lambdas/migrate/connect.ts";
import type { Database, Queryable, Statement } from "#postgres/database.ts";
import { postgresSearch, searchParameters } from "#postgres/search/search.ts";
import { postgresSimilar } from "#postgres/search/similar.ts";
import { postgresVectorPartitions } from "#postgres/search/vector-partitions.ts";
import { fillWithTenants, fillWithVectors } from "./crowd.ts";
import { contractDatabase, type EmptyDatabase } from "./databases.ts";
import { axis } from "./new-rows.ts";

const model = "test-model";
const partitionedItems = 600;
const idOf = ({ userId }: { userId: string }) => userId;

interface PlanNode {
	"Node Type": string;
	"Index Name"?: string;
	"Relation Name"?: string;
	"Subplan Name"?: string;
	"Actual Rows"?: number;
	"Actual Loops"?: number;
	"Sort Key"?: string[];
	"Heap Fetches"?: number;
	Plans?: PlanNode[];
}

interface PlanRow {
	"QUERY PLAN": { Plan: PlanNode }[];
}

const flat = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flat)];

/** A vector of ones, or of their opposites, but for a few of its own. */
const leaning = (at: number, side = 1) =>
	Float32Array.from({ length: embeddingDimensions }, (_, i) => (i >= at && i < at + 8 ? -side / 32 : side / 32));

const near = Array.from({ length: 20 }, (_, at) => leaning(at));
const far = Array.from({ length: 100 }, (_, at) => leaning(at, -1));
const twoMinded = { userId: "two-minded", model };

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

describe(`the plan of a search on ${contractDatabase.title}`, () => {
	let empty: EmptyDatabase;
	beforeAll(async () => {
		empty = await contractDatabase.createMigrated();
		// As the tables' owner, who may vacuum them: the visibility map decides about index-only scans.
		await withClient(empty.address, empty.migration, async (client) => {
			const db: Queryable = {
				query: async (sql, values) => (await client.query(sql, values)).rows,
			};
			const tenants = Array.from({ length: 12 }, (_, n) => ({
				userId: `tenant-${n}`,
				items: 150,
			}));
			await fillWithTenants(db, [
				...tenants,
				{ userId: "crowded", items: searchParameters.maxCandidates + 50 },
				{ userId: "lonely", items: 1 },
				{ userId: "partitioned", items: partitionedItems },
			]);
			await fillWithVectors(db, twoMinded, [...near, ...far]);
			const partitions = postgresVectorPartitions(empty.connect(1));
			// Neighbours with partitions, too: of a handful the table is scanned, and rightly.
			for (const user of ["partitioned", ...tenants.slice(4).map(idOf)]) {
				await partitions.rebuild(user, model, {
					partitions: 20,
					vectors: partitionedItems,
				});
				await partitions.assign(user, model, partitionedItems);
			}
			await client.query("vacuum analyze items, documents, embeddings, words, vector_partitions");
		});
	});
	afterAll(() => empty?.drop());

	/** The plan of the last statement that a port really runs, executed. */
	async function planOf(
		run: (db: Database) => Promise<unknown>,
		explain: (statement: Statement, db: Database) => Promise<PlanRow[]> = ({ text, values }, db) =>
			db.query(`explain (analyze, format json) ${text}`, values),
		answer: object[] = [],
	): Promise<PlanNode[]> {
		const db = empty.connect(1);
		let plan: PlanNode | undefined;
		await run({
			...db,
			async query<Row extends object>(statement: string | Statement) {
				if (typeof statement === "string") throw new Error("No statement.");
				const [row] = await explain(statement, db);
				plan = row?.["QUERY PLAN"][0]?.Plan;
				return answer as Row[];
			},
		});
		await db.close();
		if (!plan) throw new Error("There is no plan.");
		return flat(plan);
	}

	const searchPlan = (search: (port: Search) => Promise<unknown>) => planOf((db) => search(postgresSearch(db)));

	const vector = { model, vector: axis(0) };
	const options = { topK: 10 };

	it.each([
		["", options],
		[" with a category", { ...options, category: "Food" }],
	])("reads vector codes%s from the covering index alone", async (_, asked) => {
		const nodes = await searchPlan((search) => search.byVector("tenant-3", vector, asked));
		expect(codesIn(nodes)).toEqual([fromIndexAlone, fromIndexAlone]);
	});

	it("reads the codes of some partitions of a partitioned collection, and of all for a category, or a model whose vectors ask for it", async () => {
		const read = async (asked: SearchOptions, more = {}) => {
			const scans = codesIn(
				await searchPlan((search) => search.byVector("partitioned", { ...vector, ...more }, asked)),
			);
			expect(scans).toEqual([fromIndexAlone, fromIndexAlone]);
			return scans.reduce((sum, scan) => sum + (scan["Actual Rows"] ?? 0), 0);
		};
		const some = await read(options);
		expect(some).toBeGreaterThan(0);
		expect(some).toBeLessThan(0.75 * partitionedItems);
		expect(await read({ ...options, category: "Food" })).toBe(partitionedItems);
		expect(await read(options, { exhaustive: true })).toBe(partitionedItems);
	});

	it("compares no vectors whose codes are much farther than those of the wanted hits", async () => {
		const compared = async (topK: number) => {
			const nodes = await searchPlan((search) =>
				search.byVector(twoMinded.userId, { model, vector: leaning(50), minSimilarity: -1 }, { topK }),
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

	/** The one plan that a connection keeps for a search's statement, as it is after many searches, executed. */
	const keptPlan = (search: (port: Search) => Promise<unknown>) =>
		planOf(
			(db) => search(postgresSearch(db)),
			async ({ text, values = [] }, db) => {
				await db.query("set plan_cache_mode = force_generic_plan");
				await db.query(`prepare kept as ${text}`);
				return db.query(`explain (analyze, format json) execute kept(${values.map(literal).join()})`);
			},
		);

	const hybrid = {
		text: { text: "word77 common" },
		vector,
		weights: { text: 0.5, vector: 0.5 },
	};

	it.each(["tenant-3", "crowded", "partitioned"])(
		"reads of %s the codes from the index and no more vectors than it compares, by the plan that is kept",
		async (tenant) => {
			const nodes = await keptPlan((search) => search.hybrid(tenant, hybrid, options));
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

	it.each(["lonely", "crowded", "partitioned"])("keeps one plan, asked for %s", async (tenant) => {
		const db = empty.connect(1);
		const search = postgresSearch(db);
		for (let n = 0; n < 10; n++) {
			await search.byText(tenant, hybrid.text, options);
			await search.byVector(tenant, vector, options);
			await search.hybrid(tenant, hybrid, options);
		}
		const kept = await db.query(
			`select name, custom_plans::int, generic_plans::int from pg_prepared_statements
			 where name like 'search %' order by name`,
		);
		await db.close();
		// PostgreSQL plans the first five runs each for itself, to compare.
		expect(kept).toEqual(
			["byText", "byVector", "hybrid"].map((name) => ({
				name: `search ${name}`,
				custom_plans: 5,
				generic_plans: 5,
			})),
		);
	});

	it("reads what is like an item from the indexes of codes and of hashes alone", async () => {
		const db = empty.connect(1);
		const [item] = await db.query<{ id: string }>("select id from items where user_id = $1 limit 1", ["tenant-3"]);
		await db.close();
		const nodes = await planOf(
			(explaining) =>
				postgresSimilar(explaining).toItem("tenant-3", item?.id ?? "", {
					model: "test-model",
					topK: 10,
				}),
			undefined,
			[{ by_vector: true, by_hash: true }],
		);
		expect(codesIn(nodes)).toEqual([fromIndexAlone, fromIndexAlone]);
		const hashes = nodes.find((node) => node["Index Name"] === "items_hashes");
		expect(hashes).toMatchObject({ "Node Type": "Index Only Scan" });
	});

	it("finds words of a tenant in one index of user and words", async () => {
		const nodes = await searchPlan((search) => search.byText("tenant-3", { text: "word77 word99" }, options));
		const names = nodes.flatMap((node) => node["Index Name"] ?? []);
		expect(names).toContain("documents_words");
	});

	it("looks for a misspelt word among one user's words of its first letter", async () => {
		const nodes = await searchPlan((search) => search.byText("tenant-3", { text: "commun headlina" }, options));
		const words = nodes.filter((node) => node["Relation Name"] === "words");
		expect(words.length).toBeGreaterThan(2);
		expect(words.filter((node) => node["Node Type"] === "Seq Scan")).toHaveLength(0);
	});

	it("ranks no more documents than it may, however common the words", async () => {
		const nodes = await searchPlan((search) => search.byText("crowded", { text: "common headline" }, options));
		const candidates = nodes.find((node) => node["Subplan Name"] === "CTE candidates");
		expect(candidates?.["Actual Rows"]).toBe(searchParameters.maxCandidates);
	});

	it("never scans the whole table of a tenant's neighbours", async () => {
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
		const whole = nodes.filter((node) => node["Node Type"] === "Seq Scan");
		expect(whole.map((node) => node["Relation Name"])).toEqual([]);
	});
});
