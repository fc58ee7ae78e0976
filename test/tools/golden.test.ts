import { existsSync, readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { CollectionsClient } from "#client/index.ts";
import { rarestWords } from "../support/rarest-words.ts";
import { newUser } from "../system/environment.ts";

const folder = "../shared/golden";
const present = existsSync(`${folder}/analyses.json`);

interface Reference {
	item_id: string;
	image_details: { extracted_text: string[] };
}

describe.skipIf(!present)(`the golden images${present ? "" : " (skipped: ../shared/golden is not here)"}`, () => {
	const ids = new Map<string, string>();
	let owner: CollectionsClient;
	let references: Reference[];

	beforeAll(async () => {
		references = JSON.parse(readFileSync(`${folder}/analyses.json`, "utf8"));
		owner = await newUser("golden");
		for (const file of readdirSync(`${folder}/images`)) {
			const bytes = new Uint8Array(readFileSync(`${folder}/images/${file}`));
			const { id } = await owner.upload(file, bytes);
			ids.set(file.replace(/\.jpg$/, ""), id);
		}
	});

	test("are all ready after their upload", { timeout: 300_000 }, async () => {
		const ended = new Map<string, number>();
		for (const id of ids.values()) {
			const { status } = await owner.settled(id, 240);
			ended.set(status, (ended.get(status) ?? 0) + 1);
		}
		expect(Object.fromEntries(ended)).toEqual({ ready: 55 });
	});

	test("are among the first three results for the four rarest words of their text, at least 45 of them", async () => {
		const words = rarestWords(
			references.map(({ item_id, image_details }) => ({
				id: item_id,
				text: image_details.extracted_text.join(" "),
			})),
		);
		let found = 0;
		for (const [reference, query] of words) {
			const { results } = await owner.search(query, {
				search_type: "bm25",
				top_k: 3,
			});
			if (results.some(({ item_id }) => item_id === ids.get(reference))) {
				found += 1;
			}
		}
		console.log(`golden images found by their rarest words: ${found} of 55`);
		expect(found).toBeGreaterThanOrEqual(45);
	});

	test("are invisible to a second user", async () => {
		const stranger = await newUser("stranger");
		const { results } = await stranger.search("tokyo", {
			search_type: "hybrid",
		});
		expect(results).toEqual([]);
		expect(await stranger.call("GET", "/items")).toMatchObject({ total: 0 });
	});
});
