/** A JSON Schema of the document, as far as examples need it. */
interface Schema {
	$ref?: string;
	type?: string | string[];
	format?: string;
	const?: unknown;
	enum?: unknown[];
	default?: unknown;
	example?: unknown;
	minimum?: number;
	minItems?: number;
	properties?: Record<string, Schema>;
	required?: string[];
	additionalProperties?: Schema | boolean;
	items?: Schema;
	anyOf?: Schema[];
	oneOf?: Schema[];
	allOf?: Schema[];
}

type Content = Record<string, { schema?: Schema; example?: unknown }>;

interface Operation {
	requestBody?: { content?: Content };
	responses?: Record<string, { content?: Content; $ref?: string }>;
}

export interface Described {
	paths?: Record<string, Record<string, Operation>>;
	components?: { schemas?: Record<string, Schema> };
}

const itemId = "0d3f6c1e-5f0a-4c53-9b7e-2f1a8c7d4e60";

/** Values of strings and numbers whose schema has no example, by the name of the field. */
const values: Record<string, unknown> = {
	id: itemId,
	item_id: itemId,
	filename: `${itemId}.png`,
	original_filename: "boarding-pass.png",
	mime_type: "image/png",
	content_type: "image/png",
	file_size: 184_320,
	size: 184_320,
	width: 1170,
	height: 2532,
	camera: "Apple iPhone 15",
	latitude: 38.7223,
	longitude: -9.1393,
	category: "Travel",
	category_filter: "travel",
	subcategories: "flights",
	headline: "Boarding pass to Lisbon",
	summary: "A boarding pass for a flight from Berlin to Lisbon on 1 March, gate B22.",
	snippet: "Gate B22",
	sentence: "The flight leaves from gate B22.",
	extracted_text: "Gate B22",
	objects: "boarding pass",
	themes: "travel",
	emotions: "anticipation",
	vibes: "white",
	key_interest: "The gate and the time of departure",
	query: "when does my flight to Lisbon leave?",
	message: "When does my flight to Lisbon leave?",
	content: "When does my flight to Lisbon leave?",
	answer: `Your flight to Lisbon leaves at 10:45 from gate B22 [${itemId}].`,
	text: "Gate B22",
	word: "gate",
	corrected_to: "gate",
	taken_for: "gate",
	provider: "anthropic",
	provider_used: "anthropic",
	model: "claude-haiku-5-5",
	model_used: "claude-haiku-5-5",
	answer_model_used: "anthropic/claude-haiku-5-5",
	trace_id: "msg_01XFDUDYJgAACzvnptvVoYEL",
	cost_usd: 0.0021,
	input_tokens: 1_820,
	output_tokens: 312,
	rank: 1,
	score: 0.83,
	image_url: `/images/${itemId}.png`,
	location: "Lisbon",
	location_tags: "Lisbon",
	hashtags: "travel",
	tagged_accounts: "tapairportugal",
	code: "item_not_found",
	detail: `There is no item ${itemId}.`,
	title: "By the sea",
	type: "urn:collections:problem:item_not_found",
	instance: "urn:request:8f14e45f-ceea-467f-a0e6-5a1c2d3b4e5f",
	status: 404,
	field: "body.top_k",
	git_sha: "7d02fe5",
	version: "0.1.0",
	environment: "prod",
	name: "Lisbon",
	email: "ada@example.com",
	note: "Seat 14A",
	tags: "holiday",
	tag: "holiday",
	tools_used: "search",
	agent_reasoning: 'Searched for "flight Lisbon".',
	total: 128,
	total_results: 1,
	count: 12,
	limit: 50,
	language: "en",
	time_zone: "Europe/Berlin",
	key: "originals/user/item.png",
};

/** Fields that are null, or empty, where all went well. */
const empty = new Set([
	"error",
	"album_id",
	"warnings",
	"hints",
	"corrections",
	"answer_reason",
	"in_progress",
	"duplicate_of",
	"next_cursor",
	"notices",
]);

/** The usual one of several values. */
const choices: Record<string, unknown> = {
	status: "ready",
	search_type: "hybrid",
	score_type: "hybrid_rrf",
	picture_kind: "boarding_pass",
};

const formats: Record<string, unknown> = {
	uuid: itemId,
	"date-time": "2026-03-01T09:22:33.000Z",
	date: "2026-03-01",
	uri: "https://collections.example.com/derived/thumbnail.webp",
	email: "ada@example.com",
};

/** Adds an example to each JSON request and successful answer that has none, made of the examples of its fields. */
export function addExamples({ paths = {}, components }: Described): void {
	const resolve = (schema: Schema): Schema => {
		const name = schema.$ref?.split("/").at(-1);
		return name ? (components?.schemas?.[name] ?? {}) : schema;
	};

	function exampleOf(given: Schema, name: string, isRequest: boolean, outer: string[] = []): unknown {
		const schema = resolve(given);
		const isRecursive = given.$ref !== undefined && outer.includes(given.$ref);
		const refs = given.$ref ? [...outer, given.$ref] : outer;
		if (schema.example !== undefined) return schema.example;
		if (schema.const !== undefined) return schema.const;
		const within = (inner: Schema, innerName = name) => exampleOf(inner, innerName, isRequest, refs);
		const variants = schema.anyOf ?? schema.oneOf;
		const types = [schema, ...(variants ?? []).map(resolve)].flatMap((each) => each.type ?? []);
		if (empty.has(name) && types.includes("null")) return null;
		const variant = variants?.find((each) => resolve(each).type !== "null");
		if (variant) return within(variant);
		if (schema.allOf) return Object.assign({}, ...schema.allOf.map((each) => within(each)));
		if (schema.enum) return schema.enum.includes(choices[name]) ? choices[name] : schema.enum[0];
		const type = Array.isArray(schema.type) ? schema.type.find((each) => each !== "null") : schema.type;
		if (type === "object") return isRecursive ? {} : objectOf(schema, isRequest, within);
		if (type === "array") return schema.items && !empty.has(name) ? [within(schema.items)] : [];
		if (schema.default !== undefined && schema.default !== null) return schema.default;
		if (type === "boolean") return false;
		const known = schema.format && schema.format in formats ? formats[schema.format] : values[name];
		const isNumber = type === "number" || type === "integer";
		if (isNumber) return typeof known === "number" ? known : Math.max(schema.minimum ?? 1, 1);
		if (type === "string") return typeof known === "string" ? known : name.replaceAll("_", " ");
		return {};
	}

	for (const operation of Object.values(paths).flatMap((operations) => Object.values(operations))) {
		const contents = [
			[operation.requestBody?.content, true] as const,
			...Object.entries(operation.responses ?? {}).map(
				([status, { content }]) => [Number(status) < 300 ? content : undefined, false] as const,
			),
		];
		for (const [content, isRequest] of contents) {
			const json = content?.["application/json"];
			if (json?.schema && json.example === undefined) json.example = exampleOf(json.schema, "", isRequest);
		}
	}
}

/** An answer has every field. A request has those it needs, and where it needs none, all: each is a possible one. */
function objectOf(
	{ properties = {}, required = [], additionalProperties }: Schema,
	isRequest: boolean,
	exampleOf: (schema: Schema, name: string) => unknown,
): Record<string, unknown> {
	const names = Object.keys(properties);
	const shown = isRequest && required.length > 0 ? names.filter((name) => required.includes(name)) : names;
	if (shown.length === 0 && typeof additionalProperties === "object") {
		return { key: exampleOf(additionalProperties, "key") };
	}
	return Object.fromEntries(shown.map((name) => [name, exampleOf(properties[name] as Schema, name)]));
}
