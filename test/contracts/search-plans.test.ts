import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withClient } from "#lambdas/migrate/connect.ts";
import type { Database, Queryable } from "#postgres/database.ts";
import { postgresSearch, searchParameters } from "#postgres/search.ts";
import { postgresSimilar } from "#postgres/similar.ts";
import { fillWithTenants } from "./crowd.ts";
import { databaseKinds, type EmptyDatabase } from "./databases.ts";
import { axis } from "./journey.ts";

interface PlanNode {
	"Node Type": string;
	"Index Name"?: string;
	"Relation Name"?: string;
	"Subplan Name"?: string;
	"Actual Rows"?: number;
	"Sort Key"?: string[];
	"Heap Fetches"?: number;
	Plans?: PlanNode[];
}

const flat = (node: PlanNode): PlanNode[] => [
	node,
	...(node.Plans ?? []).flatMap(flat),
];

for (const kind of databaseKinds) {
	describe.skipIf(kind.skip)(`the plan of a search on ${kind.title}`, () => {
		let empty: EmptyDatabase;
		beforeAll(async () => {
			empty = await kind.create();
			await empty.migrate();
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
					{ userId: "crowded", items: searchParameters.ranked + 50 },
				]);
				await client.query(
					"vacuum analyze items, documents, embeddings, words",
				);
			});
		});
		afterAll(() => empty?.drop());

		/** The plan of the statement that a search really runs, executed. */
		async function planOf(
			search: (port: ReturnType<typeof postgresSearch>) => Promise<unknown>,
		): Promise<PlanNode[]> {
			const db = empty.connect(1);
			let plan: PlanNode | undefined;
			const explaining = {
				query: async (sql: string, values: unknown[]) => {
					const [row] = await db.query<{
						"QUERY PLAN": { Plan: PlanNode }[];
					}>(`explain (analyze, format json) ${sql}`, values);
					plan = row?.["QUERY PLAN"][0]?.Plan;
					return [];
				},
			} as unknown as Database;
			await search(postgresSearch(explaining));
			await db.close();
			if (!plan) throw new Error("There is no plan.");
			return flat(plan);
		}

		const vector = { model: "test-model", vector: axis(0) };
		const options = { topK: 10 };

		it.each([
			["", options],
			[" with a category", { ...options, category: "Food" }],
		])(
			"reads vector codes%s from the covering index alone",
			async (_, asked) => {
				const nodes = await planOf((search) =>
					search.byVector("tenant-3", vector, asked),
				);
				const scan = nodes.find(
					(node) => node["Index Name"] === "embeddings_codes",
				);
				expect(scan).toMatchObject({
					"Node Type": "Index Only Scan",
					"Heap Fetches": 0,
				});
			},
		);

		it("computes the query's code once, before the scan", async () => {
			const nodes = await planOf((search) =>
				search.byVector("tenant-3", vector, options),
			);
			const sort = nodes.find((node) =>
				node["Sort Key"]?.some((key) => key.includes("<~>")),
			);
			expect(sort?.["Sort Key"]?.join()).toMatch(/InitPlan/);
		});

		it("reads what is like an item from the indexes of codes and of hashes alone", async () => {
			const db = empty.connect(1);
			const [item] = await db.query<{ id: string }>(
				"select id from items where user_id = $1 limit 1",
				["tenant-3"],
			);
			let plan: PlanNode | undefined;
			const explaining = {
				query: async (sql: string, values: unknown[]) => {
					const [row] = await db.query<{
						"QUERY PLAN": { Plan: PlanNode }[];
					}>(`explain (analyze, format json) ${sql}`, values);
					plan = row?.["QUERY PLAN"][0]?.Plan;
					return [{ by_vector: true, by_hash: true }];
				},
			} as unknown as Database;
			await postgresSimilar(explaining).toItem("tenant-3", item?.id ?? "", {
				model: "test-model",
				topK: 10,
			});
			await db.close();
			if (!plan) throw new Error("There is no plan.");
			for (const index of ["embeddings_codes", "items_hashes"]) {
				const scan = flat(plan).find((node) => node["Index Name"] === index);
				expect(scan, index).toMatchObject({ "Node Type": "Index Only Scan" });
			}
		});

		it("finds words of a tenant in one index of user and words", async () => {
			const nodes = await planOf((search) =>
				search.byText("tenant-3", { text: "word77 word99" }, options),
			);
			const names = nodes.flatMap((node) => node["Index Name"] ?? []);
			expect(names).toContain("documents_words");
		});

		it("looks for a misspelt word among one user's words of its first letter", async () => {
			const nodes = await planOf((search) =>
				search.byText("tenant-3", { text: "commun headlina" }, options),
			);
			const words = nodes.filter((node) => node["Relation Name"] === "words");
			expect(words.length).toBeGreaterThan(2);
			expect(
				words.filter((node) => node["Node Type"] === "Seq Scan"),
			).toHaveLength(0);
		});

		it("ranks no more documents than it may, however common the words", async () => {
			const nodes = await planOf((search) =>
				search.byText("crowded", { text: "common headline" }, options),
			);
			const found = nodes.find((node) => node["Subplan Name"] === "CTE found");
			expect(found?.["Actual Rows"]).toBe(searchParameters.ranked);
		});

		it("never scans the whole table of a tenant's neighbours", async () => {
			const nodes = await planOf((search) =>
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
}
