import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readChroma } from "#scripts/migrate-legacy/chroma-store.ts";
import { legacyDescription } from "#scripts/migrate-legacy/legacy-description.ts";
import { readPickle } from "#scripts/migrate-legacy/pickle.ts";
import { folderSha256 } from "#scripts/migrate-legacy/verification.ts";

/**
 * Written by Chroma's own server (npm's chromadb 3.0.14): 48 vectors of 8 numbers, one of them replaced and two deleted,
 * the second after the index was last written. `chroma-vectors.json` is how that server answered.
 */
const store = "test/unit/migrate-legacy/chroma";
const index = "7187dd2f-ae6c-4a30-b6fe-c1d1e1fef30c";
const folders: string[] = [];
afterAll(() => folders.map((folder) => rmSync(folder, { recursive: true })));

function copyOfStore(): string {
	const folder = mkdtempSync(path.join(tmpdir(), "chroma-"));
	folders.push(folder);
	cpSync(store, folder, { recursive: true });
	return folder;
}

describe("a Chroma store", () => {
	test("has the vectors that its server answers, from the index and from the queue", () => {
		const answered: Record<string, number[]> = JSON.parse(
			readFileSync("test/unit/migrate-legacy/chroma-vectors.json", "utf8"),
		);
		const { name, records } = readChroma(store, 8);
		expect(name).toBe("collections_vectors");
		expect(records.map(({ id }) => id).sort()).toEqual(Object.keys(answered).sort());
		for (const { id, vector } of records) {
			const other = answered[id] ?? [];
			// The index holds vectors at unit length.
			const cosine =
				vector.reduce((sum, number, at) => sum + number * (other[at] ?? 0), 0) /
				(Math.hypot(...vector) * Math.hypot(...other));
			expect(cosine).toBeCloseTo(1, 6);
		}
		expect(records[0]?.metadata).toMatchObject({ "chroma:document": "text of doc-0", item_id: "item-doc-0", n: 1 });
	});

	test("is not changed by being read", () => {
		const before = folderSha256(store);
		readChroma(store, 8);
		expect(folderSha256(store)).toEqual(before);
	});

	test("of another dimension is refused with both numbers", () => {
		expect(() => readChroma(store, 1024)).toThrow(
			/collections_vectors .* has vectors of 8 numbers, and here a vector has 1024/,
		);
	});

	test("whose index is missing or cut off is refused, not read in part", () => {
		const cutOff = copyOfStore();
		writeFileSync(
			path.join(cutOff, index, "data_level0.bin"),
			readFileSync(path.join(cutOff, index, "data_level0.bin")).subarray(0, 500),
		);
		expect(() => readChroma(cutOff, 8)).toThrow(/ends before its element 48: copy the store again/);
		const without = copyOfStore();
		rmSync(path.join(without, index), { recursive: true });
		expect(() => readChroma(without, 8)).toThrow(/its vector is neither in the index nor in the queue/);
	});

	test("that is no database, or has no such collection, is refused", () => {
		const other = copyOfStore();
		copyFileSync("package.json", path.join(other, "chroma.sqlite3"));
		expect(() => readChroma(other, 8)).toThrow(/chroma.sqlite3 cannot be read as a SQLite database/);
		expect(() => readChroma(store, 8, "others")).toThrow(
			/has the collections collections_vectors: name one of them by COLLECTION=/,
		);
	});
});

test("a pickle's objects become their state, and a call of anything but plain data is refused", () => {
	// pickle.dumps of an object with __dict__ {"id_to_label": {"a": 1}}, protocol 4
	const object = Buffer.from(
		"gASVPQAAAAAAAACMCF9fbWFpbl9flIwOUGVyc2lzdGVudERhdGGUk5QpgZR9lIwLaWRfdG9fbGFiZWyUfZSMAWGUSwFzc2Iu",
		"base64",
	);
	expect(readPickle(object)).toEqual(new Map([["id_to_label", new Map([["a", 1]])]]));
	// os.system("true"): named, and never called.
	const hostile = Buffer.from("cos\nsystem\n(S'true'\ntR.", "latin1");
	expect(() => readPickle(hostile)).toThrow("The pickle has the operation 83, which plain data does not need.");
});

describe("a description of the predecessor", () => {
	const description = {
		category: "Food",
		headline: "Ramen",
		summary: "A bowl.",
		image_details: { extracted_text: "RAMEN" },
	};

	test("is freed of the key that a model put it under, and its text becomes a list", () => {
		const wrapped = legacyDescription(JSON.stringify({ name: "tool", description: "a tool", data: description }));
		expect(wrapped).toMatchObject({
			wrapped: true,
			description: { category: "Food", image_details: { extracted_text: ["RAMEN"] } },
		});
		expect(legacyDescription(JSON.stringify(description)).wrapped).toBe(false);
	});

	test("that is none is refused with its fields", () => {
		expect(() => legacyDescription('{"summary": 1}')).toThrow(/category: .*summary: /);
	});
});
