import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { apiDocument } from "#tools/api-types/document.ts";
import { type ApiDocument, postmanCollection, variables } from "#tools/postman/collection.ts";
import { postmanFiles } from "#tools/postman/files.ts";

const document = await apiDocument();

test("the Postman collection matches the OpenAPI document (if not: make postman)", () => {
	for (const [file, text] of Object.entries(postmanFiles(document)))
		expect(readFileSync(file, "utf8"), file).toBe(text);
});

test("the collection has each operation, and uses no variable that its environment lacks", () => {
	const text = JSON.stringify(postmanCollection(document as ApiDocument));
	const { paths } = document as ApiDocument;
	const ids = Object.values(paths).flatMap((methods) =>
		Object.values(methods).flatMap((each) => each.operationId ?? []),
	);
	expect(ids.length).toBeGreaterThan(60);
	expect(ids.filter((id) => !text.includes(`${id} answers as documented`))).toEqual([]);
	const used = new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name));
	const known: string[] = Object.values(variables).flat();
	expect([...used].filter((name) => !known.includes(name ?? ""))).toEqual([]);
});
