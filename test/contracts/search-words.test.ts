import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "#postgres/database.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { fillWithTenants } from "./crowd.ts";
import { contractDatabase, type EmptyDatabase, migrations } from "./databases.ts";
import { analyzedItem, claim, commitAnalysis, processedItem, type RowPorts } from "./journey.ts";
import { newAnalysis, newUser } from "./new-rows.ts";

describe(`the words of a user on ${contractDatabase.title}`, () => {
	let empty: EmptyDatabase;
	let db: Database;
	let ports: RowPorts;
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
		await fillWithTenants(db, [{ userId: "from-before", items: 3 }]);
		await empty.migrate();
		ports = postgresPorts(db);
	});
	afterAll(() => empty?.drop());

	/** The words as they are counted, and as the documents have them. */
	async function words(userId: string) {
		const counted = await db.query<{ lexeme: string; documents: number }>(
			"select lexeme, documents from words where user_id = $1 order by lexeme",
			[userId],
		);
		const there = await db.query<{ lexeme: string; documents: number }>(
			`select lexeme, count(*)::int as documents
			 from documents, unnest(array_append(tsvector_to_array(search), '')) as lexeme
			 where user_id = $1 group by lexeme order by lexeme collate "C"`,
			[userId],
		);
		return { counted, there };
	}

	it("are looked through for what a misspelt word means, of a query's first eight", async () => {
		const user = newUser();
		const { item } = await analyzedItem(ports, user, {
			headline: "A lighthouse",
		});
		const found = async (text: string) =>
			(await ports.search.byText(user, { text, minScore: 0 }, { topK: 5 })).map(({ itemId }) => itemId);
		const seven = "q1 q2 q3 q4 q5 q6 q7";
		expect(await found(`${seven} lighthuose`)).toEqual([item.id]);
		expect(await found(`${seven} q8 lighthuose`)).toEqual([]);
	});

	it("are counted of documents from before they were", async () => {
		const { counted, there } = await words("from-before");
		expect(counted.length).toBeGreaterThan(40);
		expect(counted).toEqual(there);
		expect(counted[0]).toEqual({ lexeme: "", documents: 3 });
	});

	it("follow a new item, a new analysis and a deletion", async () => {
		const user = newUser();
		const { item } = await analyzedItem(ports, user, {
			headline: "red kite",
		});
		await analyzedItem(ports, user, { headline: "red car" });
		const { counted } = await words(user);
		expect(counted).toContainEqual({ lexeme: "red", documents: 2 });
		expect(counted).toContainEqual({ lexeme: "kite", documents: 1 });

		await db.query("update documents set headline = 'blue kite' where user_id = $1 and item_id = $2", [user, item.id]);
		const changed = await words(user);
		expect(changed.counted).toEqual(changed.there);

		await ports.items.delete(user, item.id);
		const left = await words(user);
		expect(left.counted).toEqual(left.there);
		expect(left.counted.map(({ lexeme }) => lexeme)).not.toContain("kite");
	});

	it("leave nothing behind with the last item", async () => {
		const user = newUser();
		const { item } = await analyzedItem(ports, user, { headline: "secret" });
		await ports.items.delete(user, item.id);
		expect((await words(user)).counted).toEqual([]);
	});

	it.skipIf(!contractDatabase.concurrent)(
		"are right after items that share words are analysed and deleted all at once",
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
			const { counted, there } = await words(user);
			expect(counted).toEqual(there);
			expect(counted).toContainEqual({ lexeme: "alpha", documents: 12 });
		},
	);
});
