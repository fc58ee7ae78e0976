import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { apiDocument, digestOf } from "#tools/api-types/document.ts";

test("the client's types match the OpenAPI document (if not: make api-types)", async () => {
	const [head] = readFileSync("packages/client/src/api-types.ts", "utf8").split("\n");
	expect(head).toContain(digestOf(await apiDocument()));
});
