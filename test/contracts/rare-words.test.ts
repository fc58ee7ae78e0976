import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { postgresPorts } from "#postgres/ports.ts";
import { rarestWords } from "../support/rarest-words.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { analyzedItem } from "./item-states.ts";
import { newUser } from "./new-rows.ts";

const golden = join(import.meta.dirname, "../../../shared/golden/analyses.json");
const missing = !existsSync(golden);

/** Drops 22 of 100 words, as reading an image does: the same ones at every run. */
function readsWord(): (word: string) => boolean {
	let seed = 7;
	return () => {
		seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
		return seed / 0x7fffffff > 0.22;
	};
}

const ports = postgresPorts((await migratedDatabase()).connect());

describe.skipIf(missing)(
	`a search by rare words on ${contractDatabase.title}${missing ? " (skipped: ../shared/golden does not exist)" : ""}`,
	() => {
		it("finds at least 50 of 55 partly read images among the first three hits for their four rarest words", async () => {
			const images: { image_details: { extracted_text: string[] } }[] = JSON.parse(readFileSync(golden, "utf8"));
			const user = newUser();
			const isRead = readsWord();
			const texts = [];
			for (const { image_details } of images) {
				const text = image_details.extracted_text.join(" ");
				const readText = text.split(/\s+/).filter(isRead).join(" ");
				const { item } = await analyzedItem(ports, user, {
					headline: readText.slice(0, 80),
					extracted: [readText.slice(0, 2000)],
				});
				texts.push({ id: item.id, text });
			}
			let found = 0;
			for (const [id, text] of rarestWords(texts)) {
				const hits = await ports.search.byText(user, { text }, { topK: 3 });
				if (hits.some(({ itemId }) => itemId === id)) found += 1;
			}
			expect(texts).toHaveLength(55);
			expect(found).toBeGreaterThanOrEqual(50);
		});
	},
);
