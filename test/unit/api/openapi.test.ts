import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { openApi, requireDocumented } from "../../support/openapi-schemas.ts";

interface Schema {
	pattern?: string;
	example?: unknown;
	/** Of a parameter. */
	schema?: Schema;
	properties?: Record<string, Schema>;
}

interface Operation {
	parameters?: { name: string; in: string }[];
	responses: Record<string, { $ref?: string }>;
}

const { document: served, validatorOf } = await openApi();
const document = served as unknown as {
	paths: Record<string, Record<string, Operation>>;
	components: {
		schemas: Record<string, Schema>;
		responses: Record<string, { content: Record<string, { schema: object }> }>;
	};
};

/** Every object of the document that has the key, by its JSON pointer. */
function objectsWith(key: keyof Schema, value: unknown = document, pointer = ""): [string, Schema][] {
	if (typeof value !== "object" || value === null) return [];
	const within = Object.entries(value).flatMap(([name, child]) => objectsWith(key, child, `${pointer}/${name}`));
	return key in value ? [[pointer, value as Schema], ...within] : within;
}

test("the document is valid OpenAPI 3.1", async () => {
	const validator = new Validator();
	expect(await validator.validate(document as unknown as Record<string, unknown>)).toEqual({ valid: true });
	expect(validator.version).toBe("3.1");
});

test("every schema is strict JSON Schema of OpenAPI's dialect, with known formats", () => {
	const inPlace = objectsWith("schema").map(([pointer, { schema }]) => [pointer, schema] as const);
	const schemas = [...Object.entries(document.components.schemas), ...inPlace];
	expect(schemas.length).toBeGreaterThan(100);
	for (const [name, schema] of schemas) expect(() => validatorOf(schema ?? {}), name).not.toThrow();
});

test("every example is one of its schema", () => {
	const examples = objectsWith("example");
	expect(examples.length).toBeGreaterThan(5);
	for (const [pointer, { schema, ...described }] of examples) {
		// A parameter has its example beside its schema.
		const validate = validatorOf(schema ?? described);
		expect(validate(described.example), `${pointer}: ${JSON.stringify(validate.errors)}`).toBe(true);
	}
});

test("an answer is refused whose status, type or body the document does not describe", async () => {
	const answers = (status: number, type: string, body: unknown) =>
		requireDocumented("GET", "/version", status, type, body);
	const version = { version: "1", environment: "test", git_sha: "abcdef0" };
	await expect(answers(200, "application/json; charset=UTF-8", version)).resolves.toBeUndefined();
	await expect(answers(418, "application/json", version)).rejects.toThrow("418, which is not documented");
	await expect(answers(200, "text/html", version)).rejects.toThrow("text/html, which is not documented");
	await expect(answers(200, "application/json", {})).rejects.toThrow("against its schema");
});

test("every parameter of a path is described", () => {
	for (const [path, operations] of Object.entries(document.paths)) {
		const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
		for (const { parameters = [] } of Object.values(operations)) {
			expect(parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name)).toEqual(names);
		}
	}
});

test("every pattern is a regular expression without flags, and matches its example", () => {
	const patterns = objectsWith("pattern");
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
