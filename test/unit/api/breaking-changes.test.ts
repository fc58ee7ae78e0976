import { expect, test } from "vitest";
import { breakingChanges, type OpenApi } from "#tools/api-types/breaking-changes.ts";

const released = () => ({
	paths: {
		"/items": {
			get: {
				operationId: "listItems",
				security: [{ bearer: [] }],
				parameters: [
					{ name: "limit", in: "query", required: false, schema: { type: "integer", maximum: 100, default: 50 } },
				],
				responses: {
					"200": {
						headers: { ETag: {} },
						content: { "application/json": { schema: { $ref: "#/components/schemas/Item" } } },
					},
					"304": {},
				},
			},
			post: {
				operationId: "addItem",
				security: [{ bearer: [] }],
				requestBody: {
					required: true,
					content: { "application/json": { schema: { $ref: "#/components/schemas/NewItem" } } },
				},
				responses: {
					"200": { content: { "application/json": { schema: { $ref: "#/components/schemas/ShownItem" } } } },
				},
			},
		},
		"/health": {
			get: { operationId: "health", security: [], responses: { "200": {} } },
		},
	},
	components: {
		schemas: {
			Item: {
				type: "object",
				required: ["id", "status"],
				properties: {
					id: { type: "string" },
					status: { type: "string", enum: ["ready", "failed"] },
					note: { anyOf: [{ type: "string" }, { type: "null" }] },
					parent: { $ref: "#/components/schemas/Item" },
					size: {},
				},
			},
			ShownItem: {
				allOf: [
					{ $ref: "#/components/schemas/Item" },
					{ type: "object", required: ["rank"], properties: { rank: { type: "integer" } } },
				],
			},
			NewItem: {
				type: "object",
				required: ["name"],
				properties: {
					name: { type: "string", maxLength: 100 },
					kind: { type: "string", enum: ["a", "b"], default: "a" },
					more: {},
				},
			},
		},
	},
});

// biome-ignore lint/suspicious/noExplicitAny: each case changes another part
type Change = (document: any) => void;

function changesOf(change: Change): string[] {
	const current = released();
	change(current);
	return breakingChanges(released() as OpenApi, current as OpenApi);
}

const schemas = (document: ReturnType<typeof released>) => document.components.schemas;

test.each<[found: string, Change]>([
	["GET /health is gone.", (d) => delete d.paths["/health"]],
	["POST /items is gone.", (d) => delete d.paths["/items"].post],
	["GET /health needs a token.", (d) => d.paths["/health"].get.security.push({ bearer: [] })],
	["GET /items has another operationId.", (d) => Object.assign(d.paths["/items"].get, { operationId: "items" })],
	["GET /items query.limit is gone.", (d) => d.paths["/items"].get.parameters.pop()],
	[
		"GET /items query.limit is required.",
		(d) => Object.assign(d.paths["/items"].get.parameters[0], { required: true }),
	],
	[
		"GET /items query.limit has the maximum 50.",
		(d) => Object.assign(d.paths["/items"].get.parameters[0].schema, { maximum: 50 }),
	],
	[
		"GET /items query.page is new and required.",
		(d) => d.paths["/items"].get.parameters.push({ name: "page", in: "query", required: true }),
	],
	[
		"GET /items query.limit is 20 by default, and was 50.",
		(d) => Object.assign(d.paths["/items"].get.parameters[0].schema, { default: 20 }),
	],
	[
		'POST /items body.kind is nothing by default, and was "a".',
		(d) => delete schemas(d).NewItem.properties.kind["default" as never],
	],
	["GET /items 200 has no ETag any more.", (d) => delete d.paths["/items"].get.responses["200"].headers.ETag],
	["GET /items does not answer 304 any more.", (d) => delete d.paths["/items"].get.responses["304"]],
	["GET /items does not answer 200 any more.", (d) => Object.assign(d.paths["/items"].get, { responses: {} })],
	[
		"GET /items 200 is not application/json any more.",
		(d) => Object.assign(d.paths["/items"].get.responses["200"], { content: { "text/csv": {} } }),
	],
	["GET /items 200.id is gone.", (d) => delete schemas(d).Item.properties["id" as never]],
	[
		"GET /items 200.id is number, and was string.",
		(d) => Object.assign(schemas(d).Item.properties.id, { type: "number" }),
	],
	["GET /items 200.id may be missing.", (d) => schemas(d).Item.required.shift()],
	['GET /items 200.status has no "failed" any more.', (d) => schemas(d).Item.properties.status.enum.pop()],
	[
		"GET /items 200.id is null, and was string.",
		(d) => Object.assign(schemas(d).Item.properties, { id: { anyOf: [{ type: "string" }, { type: "null" }] } }),
	],
	["POST /items 200.status is gone.", (d) => delete schemas(d).Item.properties["status" as never]],
	["POST /items 200.rank is gone.", (d) => delete schemas(d).ShownItem.allOf[1]?.properties?.["rank" as never]],
	["POST /items 200.rank may be missing.", (d) => schemas(d).ShownItem.allOf[1]?.required?.pop()],
	["POST /items body.name is gone.", (d) => delete schemas(d).NewItem.properties["name" as never]],
	[
		"POST /items body.more is object, and was anything.",
		(d) => Object.assign(schemas(d).NewItem.properties.more, { type: "object" }),
	],
	["GET /items 200.id is anything, and was string.", (d) => Object.assign(schemas(d).Item.properties, { id: {} })],
	["POST /items body.kind is required.", (d) => schemas(d).NewItem.required.push("kind")],
	[
		"POST /items body.size is new and required.",
		(d) => {
			Object.assign(schemas(d).NewItem.properties, { size: { type: "integer" } });
			schemas(d).NewItem.required.push("size");
		},
	],
	['POST /items body.kind has no "b" any more.', (d) => schemas(d).NewItem.properties.kind.enum.pop()],
	[
		"POST /items body.name has the maxLength 10.",
		(d) => Object.assign(schemas(d).NewItem.properties.name, { maxLength: 10 }),
	],
	["POST /items body.name must match ^x.", (d) => Object.assign(schemas(d).NewItem.properties.name, { pattern: "^x" })],
	["GET /items requires a body.", (d) => Object.assign(d.paths["/items"].get, { requestBody: { required: true } })],
])("finds that %s", (found, change) => {
	expect(changesOf(change)).toContain(found);
});

test.each<[what: string, Change]>([
	["nothing", () => {}],
	["a new path", (d) => Object.assign(d.paths, { "/new": { get: { responses: {} } } })],
	["a new field of an answer", (d) => Object.assign(schemas(d).Item.properties, { pages: { type: "integer" } })],
	["an answer of a certain type", (d) => Object.assign(schemas(d).Item.properties.size, { type: "integer" })],
	["a request's field of any type", (d) => Object.assign(schemas(d).NewItem.properties, { kind: { default: "a" } })],
	[
		"a composed answer that is written as one",
		(d) => {
			const { type, required, properties } = schemas(d).Item;
			const [, { required: more = [], properties: others = {} } = {}] = schemas(d).ShownItem.allOf;
			Object.assign(schemas(d), {
				ShownItem: { type, required: [...required, ...more], properties: { ...properties, ...others } },
			});
		},
	],
	["a new value of an answer", (d) => schemas(d).Item.properties.status.enum.push("deferred")],
	[
		"an answer that is never null any more",
		(d) => Object.assign(schemas(d).Item.properties, { note: { type: "string" } }),
	],
	[
		"a new optional field of a request",
		(d) => Object.assign(schemas(d).NewItem.properties, { size: { type: "integer" } }),
	],
	["a new value of a request", (d) => schemas(d).NewItem.properties.kind.enum.push("c")],
	[
		"a request's field that may be null",
		(d) => Object.assign(schemas(d).NewItem.properties.name, { type: ["string", "null"] }),
	],
	["a higher bound", (d) => Object.assign(schemas(d).NewItem.properties.name, { maxLength: 200 })],
	["a new optional parameter", (d) => d.paths["/items"].get.parameters.push({ name: "page", in: "query" })],
	["another description", (d) => Object.assign(schemas(d).Item, { description: "An item." })],
])("lets clients live with %s", (_, change) => {
	expect(changesOf(change)).toEqual([]);
});
