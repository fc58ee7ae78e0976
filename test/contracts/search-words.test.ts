import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "#postgres/database.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { postgresSearch } from "#postgres/search/search.ts";
import { contractDatabase, type EmptyDatabase, migrations } from "./databases.ts";
import { analyzedItem, claim, commitAnalysis, processedItem } from "./item-states.ts";
import { newAnalysis, newUser } from "./new-rows.ts";

describe(`a user's words on ${contractDatabase.title}`, () => {
	let empty: EmptyDatabase;
	let db: Database;
	let ports: ReturnType<typeof postgresPorts>;
	beforeAll(async () => {
		empty = await contractDatabase.create();
		const before = await mkdtemp(join(tmpdir(), "before-words-"));
		for (const file of await readdir(migrations)) {
			if (file < "0009") {
				await cp(join(migrations, file), join(before, file));
			}
		}
		await empty.migrate(before);
		await rm(before, { recursive: true });
		db = empty.connect(6);
		await fillFromBefore();
		await empty.migrate();
		ports = postgresPorts(db);
	});
	afterAll(() => empty?.drop());

	/** Adds documents as the schema was before the table of words. */
	const fillFromBefore = () =>
		db.query(
			`with ids as (
			   select gen_random_uuid() as item_id, gen_random_uuid() as analysis_id, n from generate_series(1, 3) as n
			 ), added_items as (
			   insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id)
			   select item_id, 'from-before', 'shot.png', 'image/png', 1, 'bulk' from ids
			 ), added_analyses as (
			   insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used)
			   select analysis_id, item_id, 'from-before', 1, 'Food', '{}', 'test', 'test' from ids
			 )
			 insert into documents (item_id, user_id, analysis_id, category, headline, summary, labels, extracted_text)
			 select item_id, 'from-before', analysis_id, 'Food', 'common headline ' || n, '', '',
			   (select string_agg('word' || (n * 31 + w * 7), ' ') from generate_series(1, 40) as w)
			 from ids`,
		);

	/** Returns the table of words, and the words counted in the documents. */
	async function words(userId: string) {
		const stored = await db.query<{ lexeme: string; documents: number }>(
			"select lexeme, documents from words where user_id = $1 order by lexeme",
			[userId],
		);
		const expected = await db.query<{ lexeme: string; documents: number }>(
			`select lexeme, count(*)::int as documents
			 from documents, unnest(array_append(tsvector_to_array(search), '')) as lexeme
			 where user_id = $1 group by lexeme order by lexeme collate "C"`,
			[userId],
		);
		return { stored, expected };
	}

	it("correct eight misspelt words of a query, and no more", async () => {
		const user = newUser();
		const { item } = await analyzedItem(ports, user, {
			headline: "A lighthouse",
		});
		const found = async (text: string) =>
			(await ports.search.byText(user, { text, minScore: 0 }, { topK: 5 })).map(({ itemId }) => itemId);
		const seven = "quxa quxb quxc quxd quxe quxf quxg";
		expect(await found(`${seven} lighthuose`)).toEqual([item.id]);
		expect(await found(`${seven} quxh lighthuose`)).toEqual([]);
	});

	it("include those of documents that are older than the table", async () => {
		const { stored, expected } = await words("from-before");
		expect(stored.length).toBeGreaterThan(40);
		expect(stored).toEqual(expected);
		expect(stored[0]).toEqual({ lexeme: "", documents: 3 });
	});

	it("are those of the documents that are indexed anew", async () => {
		expect(await ports.searchIndex.indexOutdated(10)).toBe(3);
		const { stored, expected } = await words("from-before");
		expect(stored).toEqual(expected);
		expect(stored).toContainEqual({ lexeme: "headline", documents: 3 });
	});

	it("are read once for all misspelt ones of a query, and not at all where each is known", async () => {
		const user = newUser();
		await analyzedItem(ports, user, { headline: "A lighthouse and a harbour" });
		const names: unknown[] = [];
		const search = postgresSearch({
			...db,
			query(statement, values) {
				names.push(typeof statement === "string" ? statement : statement.name);
				return db.query(statement, values);
			},
		});
		expect(await search.byText(user, { text: "lighthouse harbour" }, { topK: 5 })).toHaveLength(1);
		expect(names.splice(0)).toEqual(["search terms", "search byText"]);
		expect(await search.byText(user, { text: "lighthuose harbuor" }, { topK: 5 })).toHaveLength(1);
		expect(names).toEqual(["search terms", "search vocabulary", "search byText"]);
	});

	it("change with a new item, a new analysis and a deletion", async () => {
		const user = newUser();
		const { item } = await analyzedItem(ports, user, {
			headline: "red kite",
		});
		await analyzedItem(ports, user, { headline: "red car" });
		const { stored } = await words(user);
		expect(stored).toContainEqual({ lexeme: "red", documents: 2 });
		expect(stored).toContainEqual({ lexeme: "kite", documents: 1 });

		await db.query("update documents set headline = 'blue kite' where user_id = $1 and item_id = $2", [user, item.id]);
		const changed = await words(user);
		expect(changed.stored).toEqual(changed.expected);

		await ports.items.delete(user, item.id);
		const left = await words(user);
		expect(left.stored).toEqual(left.expected);
		expect(left.stored.map(({ lexeme }) => lexeme)).not.toContain("kite");
	});

	it("are all deleted with the last item", async () => {
		const user = newUser();
		const { item } = await analyzedItem(ports, user, { headline: "secret" });
		await ports.items.delete(user, item.id);
		expect((await words(user)).stored).toEqual([]);
	});

	it.skipIf(!contractDatabase.concurrent)(
		"are right after items that share words are analysed and deleted concurrently",
		async () => {
			const user = newUser();
			const texts = ["alpha beta gamma delta", "delta gamma beta alpha", "gamma alpha delta beta omega"];
			const add = async (n: number) => {
				const item = await processedItem(ports, user);
				const { lease } = await claim(ports, item, "analyze");
				const headline = `${texts[n % 3]} only${n}`;
				await commitAnalysis(ports, lease, item, newAnalysis({ headline }));
				return item;
			};
			const first = await Promise.all(Array.from({ length: 12 }, (_, n) => add(n)));
			await Promise.all([
				...first.map((item) => ports.items.delete(user, item.id)),
				...Array.from({ length: 12 }, (_, n) => add(n + 12)),
			]);
			const { stored, expected } = await words(user);
			expect(stored).toEqual(expected);
			expect(stored).toContainEqual({ lexeme: "alpha", documents: 12 });
		},
	);
});
