import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresPorts } from "#postgres/ports.ts";
import { databaseKinds, type EmptyDatabase } from "./databases.ts";
import { analyzedItem, newUser, type RowPorts } from "./journey.ts";

const golden = join(
	import.meta.dirname,
	"../../../shared/golden/analyses.json",
);
const missing = !existsSync(golden);

/** Misses every word of a text that a reader of pictures misses: 22 of 100, always the same ones. */
function misread(): (word: string) => boolean {
	let seed = 7;
	return () => {
		seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
		return seed / 0x7fffffff > 0.22;
	};
}

for (const kind of databaseKinds) {
	describe.skipIf(kind.skip || missing)(
		`on ${kind.title}${missing ? " (skipped: ../shared/golden is not there)" : ""}`,
		() => {
			let empty: EmptyDatabase;
			let ports: RowPorts;
			beforeAll(async () => {
				empty = await kind.create();
				await empty.migrate();
				ports = postgresPorts(empty.connect());
			});
			afterAll(() => empty?.drop());

			it("at least 50 of 55 misread images are in the first three for their four rarest words", async () => {
				const images: { image_details: { extracted_text: string[] } }[] =
					JSON.parse(readFileSync(golden, "utf8"));
				const user = newUser();
				const reads = misread();
				const frequency = new Map<string, number>();
				const all = [];
				for (const { image_details } of images) {
					const text = image_details.extracted_text.join(" ");
					const words = new Set(
						text.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? [],
					);
					for (const word of words) {
						frequency.set(word, (frequency.get(word) ?? 0) + 1);
					}
					const seen = text.split(/\s+/).filter(reads).join(" ");
					const { item } = await analyzedItem(ports, user, {
						headline: seen.slice(0, 80),
						extracted: [seen.slice(0, 2000)],
					});
					all.push({ item, words: [...words] });
				}
				let found = 0;
				for (const { item, words } of all) {
					const text = words
						.sort((a, b) => (frequency.get(a) ?? 0) - (frequency.get(b) ?? 0))
						.slice(0, 4)
						.join(" ");
					const hits = await ports.search.byText(user, { text }, { topK: 3 });
					if (hits.some(({ itemId }) => itemId === item.id)) found += 1;
				}
				expect(all).toHaveLength(55);
				expect(found).toBeGreaterThanOrEqual(50);
			});
		},
	);
}
