import { expect, test } from "vitest";
import { apiDocument } from "#tools/api-types/document.ts";

interface Schema {
	pattern?: string;
	example?: unknown;
	properties?: Record<string, Schema>;
}

interface Operation {
	parameters?: { name: string; in: string }[];
	responses: Record<string, { $ref?: string }>;
}

const document = (await apiDocument()) as {
	paths: Record<string, Record<string, Operation>>;
	components: {
		schemas: Record<string, Schema>;
		responses: Record<string, { content: Record<string, { schema: object }> }>;
	};
};

/** Every schema with a pattern, by its JSON pointer. */
function patternsIn(value: unknown, pointer = ""): [string, Schema][] {
	if (typeof value !== "object" || value === null) return [];
	const within = Object.entries(value).flatMap(([key, child]) => patternsIn(child, `${pointer}/${key}`));
	return typeof (value as Schema).pattern === "string" ? [[pointer, value as Schema], ...within] : within;
}

test("every parameter of a path is described", () => {
	for (const [path, operations] of Object.entries(document.paths)) {
		const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
		for (const { parameters = [] } of Object.values(operations)) {
			expect(parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name)).toEqual(names);
		}
	}
});

test("every pattern is a regular expression without flags, and matches its example", () => {
	const patterns = patternsIn(document);
	expect(patterns.length).toBeGreaterThan(0);
	for (const [pointer, { pattern = "", example }] of patterns) {
		expect(pattern, pointer).not.toMatch(/\/[a-z]*$/);
		expect(example, `${pointer} has an example`).toBeTypeOf("string");
		expect(example).toMatch(new RegExp(pattern, "u"));
	}
});

test("a client that validates by the document does not refuse the hash of an image", () => {
	const { AnnouncedFile } = document.components.schemas;
	const pattern = new RegExp(AnnouncedFile?.properties?.sha256?.pattern ?? "none", "u");
	const hash = "0f".repeat(32);
	for (const accepted of [hash, hash.toUpperCase()]) expect(accepted).toMatch(pattern);
	for (const refused of [hash.slice(1), `${hash}0`, "g".repeat(64)]) expect(refused).not.toMatch(pattern);
});

test("every route documents the gateway's own 400 and 431", () => {
	for (const operations of Object.values(document.paths)) {
		for (const { responses } of Object.values(operations)) {
			for (const status of ["400", "431"]) {
				const name = responses[status]?.$ref?.split("/").at(-1) ?? "";
				const { schema } = document.components.responses[name]?.content["application/json"] ?? {};
				expect(schema).toEqual({ $ref: "#/components/schemas/GatewayError" });
			}
		}
	}
});
