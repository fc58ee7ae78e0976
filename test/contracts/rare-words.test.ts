import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresPorts } from "#postgres/ports.ts";
import { rarestWords } from "../support/rarest-words.ts";
import { contractDatabase, type EmptyDatabase } from "./databases.ts";
import { analyzedItem, type RowPorts } from "./journey.ts";
import { newUser } from "./new-rows.ts";

const golden = join(import.meta.dirname, "../../../shared/golden/analyses.json");
const missing = !existsSync(golden);

/** Misses every word of a text that a reader of pictures misses: 22 of 100, always the same ones. */
function misread(): (word: string) => boolean {
	let seed = 7;
	return () => {
		seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
		return seed / 0x7fffffff > 0.22;
	};
}

describe.skipIf(missing)(
	`on ${contractDatabase.title}${missing ? " (skipped: ../shared/golden is not there)" : ""}`,
	() => {
		let empty: EmptyDatabase;
		let ports: RowPorts;
		beforeAll(async () => {
			empty = await contractDatabase.createMigrated();
			ports = postgresPorts(empty.connect());
		});
		afterAll(() => empty?.drop());

		it("at least 50 of 55 misread images are in the first three for their four rarest words", async () => {
			const images: { image_details: { extracted_text: string[] } }[] = JSON.parse(readFileSync(golden, "utf8"));
			const user = newUser();
			const reads = misread();
			const texts = [];
			for (const { image_details } of images) {
				const text = image_details.extracted_text.join(" ");
				const seen = text.split(/\s+/).filter(reads).join(" ");
				const { item } = await analyzedItem(ports, user, {
					headline: seen.slice(0, 80),
					extracted: [seen.slice(0, 2000)],
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
