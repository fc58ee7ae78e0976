import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { expect, test } from "vitest";
import { breakingChanges, type OpenApi } from "#tools/api-types/breaking-changes.ts";
import { openApi, requireDocumented } from "../../support/openapi-schemas.ts";
import { testApi } from "./test-api.ts";

interface Schema {
	pattern?: string;
	example?: unknown;
	/** Of a parameter. */
	schema?: Schema;
	properties?: Record<string, Schema>;
}

type Content = Record<string, { schema?: object; example?: unknown }>;

interface Operation {
	operationId?: string;
	summary?: string;
	tags?: string[];
	security?: object[];
	parameters?: { name: string; in: string }[];
	requestBody?: { content?: Content };
	responses: Record<string, { $ref?: string; content?: Content }>;
}

const { document: served, validatorOf } = await openApi();
const document = served as unknown as {
	paths: Record<string, Record<string, Operation>>;
	components: {
		schemas: Record<string, Schema>;
		responses: Record<string, { content?: Content }>;
	};
};

/** Every object of the document that has the key, by its JSON pointer. */
function objectsWith(key: keyof Schema, value: unknown = document, pointer = ""): [string, Schema][] {
	if (typeof value !== "object" || value === null) return [];
	const within = Object.entries(value).flatMap(([name, child]) => objectsWith(key, child, `${pointer}/${name}`));
	return key in value ? [[pointer, value as Schema], ...within] : within;
}

/** Redocly's strict rules, and those on tags. */
const rules = await createConfig({
	extends: ["recommended-strict"],
	rules: {
		"operation-singular-tag": "error",
		"operation-tag-defined": "error",
		"tag-description": "error",
		"no-unused-components": "error",
		// The predecessor's clients know both `/chat/{session_id}/history` and `/chat/sessions/{session_id}`.
		"no-ambiguous-paths": "off",
	},
});
const problemsOf = async (checked: unknown) =>
	(await lintFromString({ source: JSON.stringify(checked), config: rules })).map(
		({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer})`,
	);

test("the document has no problem that a strict linter knows", async () => {
	expect(await problemsOf(document)).toEqual([
		// There is no stream, which an agent's client asks for all the same.
		"operation-2xx-response: Operation must have at least one `2XX` response. (#/paths/~1mcp/get/responses)",
	]);
});

test.each<[rule: string, (changed: typeof document) => void]>([
	["struct", ({ components }) => Object.assign(components.schemas.Item ?? {}, { nullable: true })],
	["no-unresolved-refs", ({ components }) => Object.assign(components.schemas, { Item: { $ref: "#/nowhere" } })],
	["operation-operationId-unique", ({ paths }) => Object.assign(paths["/docs"]?.get ?? {}, { operationId: "getItem" })],
	["path-parameters-defined", ({ paths }) => Object.assign(paths["/items/{id}"]?.get ?? {}, { parameters: [] })],
	["no-invalid-media-type-examples", ({ components }) => Object.assign(components.schemas.Box ?? {}, { maxItems: 1 })],
	["operation-tag-defined", ({ paths }) => Object.assign(paths["/items"]?.get ?? {}, { tags: ["Nowhere"] })],
	["security-defined", ({ paths }) => Object.assign(paths["/items"]?.get ?? {}, { security: [{ none: [] }] })],
])("the linter finds a document that breaks %s", async (rule, change) => {
	const changed = structuredClone(document);
	change(changed);
	expect(await problemsOf(changed)).toContainEqual(expect.stringContaining(`${rule}: `));
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

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
	Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })),
);

test("every operation has an id, a summary, one task, and an example of each JSON request and answer", () => {
	for (const { name, operationId, summary, tags, requestBody, responses } of operations) {
		expect(operationId, name).toMatch(/^[a-z][a-zA-Z]+$/);
		expect(summary, name).toMatch(/^[A-Z].+[^.]$/);
		expect(tags, name).toHaveLength(1);
		const successes = Object.entries(responses).filter(([status]) => Number(status) < 400);
		expect(successes.length > 0, name).toBe(name !== "GET /mcp");
		for (const { content = {} } of [requestBody ?? {}, ...successes.map(([, response]) => response)]) {
			const json = content["application/json"];
			if (json) expect(json.example, name).toBeDefined();
		}
	}
});

test("every example of a request is one that its route accepts", async () => {
	const { as } = testApi();
	const sent = operations.flatMap(({ name, requestBody }) => {
		const example = requestBody?.content?.["application/json"]?.example;
		return example === undefined ? [] : [{ name, example }];
	});
	expect(sent.length).toBeGreaterThanOrEqual(20);
	const refused: string[] = [];
	for (const { name, example } of sent) {
		const [method = "", path = ""] = name.split(" ");
		const { status, body } = await as(randomUUID())(method, path.replaceAll(/{\w+}/g, randomUUID()), { json: example });
		// Stripe alone can sign an example.
		if (name === "POST /webhooks/stripe" && body.code === "signature_refused") continue;
		// Nobody has the items that examples name: 404.
		if (status >= 400 && status !== 404) refused.push(`${name}: ${body.detail}`);
	}
	expect(refused).toEqual([]);
});

/** Statuses with which the gateway answers by itself: to every request, behind the authorizer, to a body. */
const gatewayStatuses = { every: [400, 429, 431, 500, 503], guarded: [401], body: [413] };

test("every operation documents its errors, and which of them the gateway answers", () => {
	for (const { name, requestBody, responses, security } of operations) {
		const guarded = security?.length !== 0;
		const expected = [
			...gatewayStatuses.every,
			...(guarded ? gatewayStatuses.guarded : []),
			...(requestBody ? gatewayStatuses.body : []),
		];
		const ours = [
			414,
			504,
			...(guarded ? [422] : []),
			...(requestBody ? [415] : []),
			...(name.includes("{") ? [404] : []),
		];
		const documented = Object.keys(responses).map(Number);
		expect(documented, name).toEqual(expect.arrayContaining([...expected, ...ours]));
		for (const status of expected) {
			const reference = responses[status]?.$ref?.split("/").at(-1) ?? "";
			// GET /health answers its own 503.
			const { content = {} } = document.components.responses[reference] ?? {};
			if (responses[status]?.$ref) {
				expect(content["application/json"]?.schema, `${name} ${status}`).toEqual({
					$ref: "#/components/schemas/GatewayError",
				});
			}
		}
	}
});

test("each response to an error that routes share has an example of each of its forms", () => {
	for (const [name, { content = {} }] of Object.entries(document.components.responses)) {
		expect(Object.keys(content).length, name).toBeGreaterThan(0);
		for (const { example } of Object.values(content)) expect(example, name).toBeDefined();
	}
});

test("the example of a problem has the status of the responses that refer to it", () => {
	const statuses = operations.flatMap(({ responses }) =>
		Object.entries(responses).flatMap(([status, { $ref }]) => {
			const { content = {} } = document.components.responses[$ref?.split("/").at(-1) ?? ""] ?? {};
			const example = content["application/problem+json"]?.example as { status: number } | undefined;
			return example ? [[$ref, Number(status), example.status] as const] : [];
		}),
	);
	expect(statuses.length).toBeGreaterThan(100);
	expect(statuses.filter(([, status, example]) => status !== example)).toEqual([]);
});

test("every change since the release is one that its clients survive (if meant: make api-release)", () => {
	const released = JSON.parse(readFileSync("docs/openapi.json", "utf8"));
	expect(breakingChanges(released, served as unknown as OpenApi)).toEqual([]);
});
