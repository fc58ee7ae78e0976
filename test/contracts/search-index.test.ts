import { describe, expect, it } from "vitest";
import { indexDocuments } from "#core/search/index-documents.ts";
import type { Database } from "#postgres/database.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { postgresSearchIndex } from "#postgres/search/search-index.ts";
import { documentVersion } from "#text/document.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { analyzedItem, claim, commitAnalysis, headlines, processedItem, readyItem } from "./item-states.ts";
import { newAnalysis, newUser } from "./new-rows.ts";

const db = (await migratedDatabase()).connect(4);
const ports = postgresPorts(db);

describe(`the index of full-text search on ${contractDatabase.title}`, () => {
	const find = async (user: string, text: string) => headlines(await ports.search.byText(user, { text }, { topK: 10 }));

	const rows = (user: string) =>
		db.query<{ headline: string; version: number; search: string }>(
			`select headline, search_version as version, search::text from documents where user_id = $1 order by item_id`,
			[user],
		);

	/** Changes an item's text as a function of the release before does, which knows nothing of `search`. */
	const writeAsBefore = (user: string, itemId: string, headline: string) =>
		db.query("update documents set headline = $3 where user_id = $1 and item_id = $2", [user, itemId, headline]);

	it("finds a document that the release before wrote, before and after it is indexed anew", async () => {
		const user = newUser();
		const { item } = await analyzedItem(ports, user, { headline: "Placeholder" });
		await writeAsBefore(user, item.id, "Running late for LH 1234");
		expect(await rows(user)).toMatchObject([{ version: 0 }]);
		for (const query of ["runs", "late", "LH 1234"]) expect(await find(user, query), query).toHaveLength(1);
		expect(await find(user, "LH1234"), "nothing has joined the words").toEqual([]);
		expect(await find(user, "placeholder")).toEqual([]);

		expect(await indexDocuments({ ...ports, clock: { now: () => new Date() } }, { deadline: soon() })).toEqual({
			rewritten: 0,
			indexed: 1,
		});
		for (const query of ["runs", "late", "LH 1234", "LH1234"]) expect(await find(user, query), query).toHaveLength(1);
		expect(await ports.searchIndex.indexOutdated(10), "none is left").toBe(0);
	});

	it("finds items by a renamed tag once the sweeper has written what the api left, of every user", async () => {
		const users = [newUser(), newUser()];
		for (const user of users) {
			const { item } = await readyItem(ports, user, { headline: user });
			await ports.edits.edit(user, item.id, { tags: ["zucchini"] });
			await ports.tags.rename(user, "zucchini", "courgette");
			expect(await find(user, "courgette"), "the api has died").toEqual([]);
		}
		const swept = await indexDocuments({ ...ports, clock: { now: () => new Date() } }, { deadline: soon() });
		expect(swept).toEqual({ rewritten: 2, indexed: 0 });
		for (const user of users) {
			expect(await find(user, "courgette")).toEqual([user]);
			expect(await find(user, "zucchini")).toEqual([]);
			expect(await ports.vectorIndex.status(user, "test-model"), "its vector follows").toMatchObject({ rebuilding: 1 });
		}
		expect(await ports.searchIndex.rewriteOutdated(10), "none is left").toBe(0);
	});

	it("has of a document that is indexed anew what it has of a new one", async () => {
		const [user, stranger] = [newUser(), newUser()];
		const words = { summary: "Le chat dort.", labels: ["crane"], extracted: ["12,99 EUR 2025-12-13"] };
		const { item } = await analyzedItem(ports, user, { ...words, headline: "Placeholder" });
		await analyzedItem(ports, stranger, { ...words, headline: "Katzen" });
		await writeAsBefore(user, item.id, "Katzen");
		const [fresh] = await rows(stranger);
		expect((await rows(user))[0]?.search).not.toBe(fresh?.search);
		expect(await ports.searchIndex.indexOutdated(10)).toBe(1);
		expect(await rows(user)).toEqual([{ headline: "Katzen", version: documentVersion, search: fresh?.search }]);
	});

	it("weighs a sentence that its picture refutes least, of a new document and of one that is indexed anew", async () => {
		const user = newUser();
		const sentence = "The receipt has a total of 46 pounds.";
		const commit = async (headline: string, contradiction: "number" | null) => {
			const item = await processedItem(ports, user);
			const { lease } = await claim(ports, item, "analyze");
			const verdict = contradiction ? ("contradicted" as const) : ("not_found" as const);
			await commitAnalysis(ports, lease, item, {
				...newAnalysis({ headline, summary: `${sentence} It lists milk.` }),
				verification: {
					...{ accuracyScore: 50, riskLevel: "high" },
					unsupported: [{ field: "summary", text: sentence, verdict, contradiction, reason: "" }],
				},
			});
		};
		await commit("Refuted", "number");
		await commit("Unproven", null);
		const scores = async (text: string) =>
			(await ports.search.byText(user, { text }, { topK: 10 }))
				.toSorted((a, b) => (a.headline < b.headline ? -1 : 1))
				.map(({ score }) => score);
		const ofBoth = await scores("total pounds");
		expect(ofBoth).toHaveLength(2);
		expect(ofBoth[0]).toBeLessThan((ofBoth[1] ?? 0) * 0.9);
		const [refuted, unproven] = await scores("milk");
		expect(refuted, "the other sentence counts as ever").toBeCloseTo(unproven ?? 0, 2);

		await db.query("update documents set search_version = 0 where user_id = $1", [user]);
		expect(await ports.searchIndex.indexOutdated(10)).toBe(2);
		expect(await scores("total pounds")).toEqual(ofBoth);
		await db.query("update documents set summary = 'Milk alone.' where user_id = $1", [user]);
		await ports.searchIndex.indexOutdated(10);
		expect(await scores("total pounds"), "a sentence that the person has removed is found no more").toEqual([]);
	});

	it("takes no more documents than it may, those of the earliest version first", async () => {
		const user = newUser();
		for (const headline of ["one", "two", "three"]) await analyzedItem(ports, user, { headline });
		await db.query("update documents set search_version = -1 where user_id = $1 and headline = 'two'", [user]);
		await db.query("update documents set search_version = 0 where user_id = $1 and headline <> 'two'", [user]);
		const indexed = async () =>
			headlines((await rows(user)).filter(({ version }) => version === documentVersion)).sort();
		expect(await ports.searchIndex.indexOutdated(1)).toBe(1);
		expect(await indexed()).toEqual(["two"]);
		expect(await indexDocuments({ ...ports, clock: { now: () => new Date() } }, { deadline: new Date(0) })).toEqual({
			rewritten: 0,
			indexed: 0,
		});
		expect(await ports.searchIndex.indexOutdated(5)).toBe(2);
		expect(await indexed()).toEqual(["one", "three", "two"]);
	});

	describe.skipIf(!contractDatabase.concurrent)("while others write", () => {
		it("leaves a document to the transaction that writes it now", async () => {
			const user = newUser();
			const { item } = await analyzedItem(ports, user, { headline: "Old" });
			await writeAsBefore(user, item.id, "Older");
			await db.transaction(async (tx) => {
				await tx.query("update documents set headline = 'Newest' where user_id = $1 and item_id = $2", [user, item.id]);
				expect(await ports.searchIndex.indexOutdated(10)).toBe(0);
			});
			expect(await ports.searchIndex.indexOutdated(10)).toBe(1);
			expect(await find(user, "newest")).toEqual(["Newest"]);
			expect(await find(user, "older")).toEqual([]);
		});

		it("keeps what a stage commits to a document that is being indexed", async () => {
			const user = newUser();
			const { item } = await analyzedItem(ports, user, { headline: "Old" });
			await writeAsBefore(user, item.id, "Older");
			await db.query("update items set status = 'processed' where user_id = $1 and id = $2", [user, item.id]);
			const { lease } = await claim(ports, item, "analyze");

			let committed: Promise<boolean> | undefined;
			const interrupted = postgresSearchIndex({
				...db,
				transaction: (work) =>
					db.transaction((tx) =>
						work({
							async query(statement, values) {
								// Between the rows that it read and the vectors that it writes.
								if (typeof statement !== "string" && statement.text.startsWith("update documents")) {
									committed = commitAnalysis(ports, lease, item, newAnalysis({ headline: "Newest" }, 2));
									await untilBlocked(db, committed);
								}
								return tx.query(statement, values);
							},
						}),
					),
			});
			expect(await interrupted.indexOutdated(10)).toBe(1);
			expect(await committed).toBe(true);
			expect(await rows(user)).toMatchObject([{ headline: "Newest", version: documentVersion }]);
			expect(await find(user, "newest")).toEqual(["Newest"]);
			expect(await find(user, "older")).toEqual([]);
		});

		it("is written by several at once, each document by one of them", async () => {
			const user = newUser();
			const made = await Promise.all(Array.from({ length: 9 }, () => processedItem(ports, user)));
			for (const item of made) {
				const { lease } = await claim(ports, item, "analyze");
				await commitAnalysis(ports, lease, item, newAnalysis({ headline: "harbour crane" }));
			}
			await db.query("update documents set search_version = 0 where user_id = $1", [user]);
			const counts = await Promise.all([1, 2, 3].map(() => ports.searchIndex.indexOutdated(3)));
			expect(counts).toEqual([3, 3, 3]);
			expect(await ports.searchIndex.indexOutdated(3)).toBe(0);
		});
	});
});

const soon = () => new Date(Date.now() + 60_000);

/** Waits until a session of the database waits for another's lock, or until the work that should is done. */
async function untilBlocked(db: Database, work: Promise<unknown>): Promise<void> {
	let isDone = false;
	void work.finally(() => {
		isDone = true;
	});
	while (!isDone) {
		const waiting = await db.query(
			"select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
		);
		if (waiting.length > 0) return;
	}
}
