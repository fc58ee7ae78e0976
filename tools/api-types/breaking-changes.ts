/** A part of an OpenAPI document. */
interface Node {
	$ref?: string;
	[key: string]: unknown;
}

interface Schema {
	$ref?: string;
	type?: string | string[];
	enum?: unknown[];
	const?: unknown;
	default?: unknown;
	properties?: Record<string, Schema>;
	required?: string[];
	items?: Schema;
	anyOf?: Schema[];
	oneOf?: Schema[];
	allOf?: Schema[];
	additionalProperties?: Schema | boolean;
	pattern?: string;
	format?: string;
	minimum?: number;
	maximum?: number;
	minLength?: number;
	maxLength?: number;
	minItems?: number;
	maxItems?: number;
}

interface Parameter {
	name: string;
	in: string;
	required?: boolean;
	schema?: Schema;
}

type Content = Record<string, { schema?: Schema }>;

interface Answer extends Node {
	headers?: Record<string, object>;
	content?: Content;
}

interface Operation {
	operationId?: string;
	security?: object[];
	parameters?: (Parameter & Node)[];
	requestBody?: { required?: boolean; content?: Content };
	responses?: Record<string, Answer>;
}

export interface OpenApi {
	paths: Record<string, Record<string, Operation>>;
	components?: Record<string, Record<string, unknown>>;
}

/** Decides which changes of a schema break a client: a client writes requests and reads answers. */
type Direction = "request" | "answer";

/** Lists the changes between two documents by which a client of the first may fail, each as a sentence. */
export function breakingChanges(released: OpenApi, current: OpenApi): string[] {
	const changes: string[] = [];
	for (const [path, operations] of Object.entries(released.paths)) {
		for (const [method, before] of Object.entries(operations)) {
			const route = `${method.toUpperCase()} ${path}`;
			const after = current.paths[path]?.[method];
			if (after) compareOperations(route, before, after);
			else changes.push(`${route} is gone.`);
		}
	}
	return changes;

	function compareOperations(route: string, before: Operation, after: Operation) {
		if (before.operationId !== after.operationId) changes.push(`${route} has another operationId.`);
		if (before.security?.length === 0 && after.security?.length !== 0) changes.push(`${route} needs a token.`);
		compareParameters(route, parametersOf(released, before), parametersOf(current, after));
		compareBodies(route, before.requestBody, after.requestBody);
		for (const [status, response] of Object.entries(before.responses ?? {})) {
			const now = after.responses?.[status];
			if (!now) {
				if (Number(status) < 400) changes.push(`${route} does not answer ${status} any more.`);
				continue;
			}
			const [was, is] = [resolved(released, response) as Answer, resolved(current, now) as Answer];
			compareContents(`${route} ${status}`, [was.content ?? {}, is.content ?? {}], "answer");
			for (const header of Object.keys(was.headers ?? {})) {
				if (!is.headers?.[header]) changes.push(`${route} ${status} has no ${header} any more.`);
			}
		}
	}

	function compareParameters(route: string, before: Parameter[], after: Parameter[]) {
		const isSame = (before: Parameter) => (after: Parameter) => before.name === after.name && before.in === after.in;
		for (const parameter of before) {
			const at = `${route} ${parameter.in}.${parameter.name}`;
			const now = after.find(isSame(parameter));
			if (!now) changes.push(`${at} is gone.`);
			else if (now.required && !parameter.required) changes.push(`${at} is required.`);
			else compareSchemas(at, parameter.schema ?? {}, now.schema ?? {}, "request");
		}
		for (const parameter of after) {
			if (parameter.required && !before.some(isSame(parameter))) {
				changes.push(`${route} ${parameter.in}.${parameter.name} is new and required.`);
			}
		}
	}

	function compareBodies(route: string, before: Operation["requestBody"], after: Operation["requestBody"]) {
		if (!before) {
			if (after?.required) changes.push(`${route} requires a body.`);
			return;
		}
		if (!after) return void changes.push(`${route} takes no body any more.`);
		if (after.required && !before.required) changes.push(`${route} requires a body.`);
		compareContents(`${route} body`, [before.content ?? {}, after.content ?? {}], "request");
	}

	function compareContents(at: string, [before, after]: [Content, Content], direction: Direction) {
		for (const [type, { schema = {} }] of Object.entries(before)) {
			if (after[type]) compareSchemas(at, schema, after[type].schema ?? {}, direction);
			else changes.push(`${at} is not ${type} any more.`);
		}
	}

	function compareSchemas(at: string, before: Schema, after: Schema, direction: Direction) {
		changes.push(...schemaChanges(at, before, after, direction, []));
	}

	function schemaChanges(at: string, from: Schema, to: Schema, direction: Direction, within: string[]): string[] {
		const pair = `${from.$ref} ${to.$ref}`;
		// A schema that contains itself has been compared already.
		if (from.$ref && to.$ref && within.includes(pair)) return [];
		const inner = [...within, pair];
		const [before, after] = [merged(released, from), merged(current, to)];
		const defaults = direction === "request" ? defaultChanges(at, before, after) : [];
		const [old, now] = [variantsOf(before), variantsOf(after)];
		if (old.length > 1 || now.length > 1) return [...defaults, ...unionChanges(at, old, now, direction, inner)];

		const found = defaults;
		const [was, is] = [typesOf(before), typesOf(after)];
		// What is written must still be accepted; what is read must still be understood.
		const [known, given] = direction === "request" ? [is, was] : [was, is];
		// Without a type a schema is of any.
		const isNarrowed = given.length === 0 || given.some((type) => !known.includes(type) && !isIntegerOf(type, known));
		if (known.length > 0 && isNarrowed) {
			found.push(`${at} is ${is.join(" or ") || "anything"}, and was ${was.join(" or ") || "anything"}.`);
		}
		const values = valuesOf(after);
		const removed = valuesOf(before)?.filter((value) => values && !values.includes(value)) ?? [];
		if (removed.length > 0)
			found.push(`${at} has no ${removed.map((value) => JSON.stringify(value)).join(", ")} any more.`);
		if (values && !valuesOf(before) && direction === "request") found.push(`${at} takes certain values alone.`);
		if (direction === "request") found.push(...boundChanges(at, before, after));
		if (before.format !== after.format && after.format) found.push(`${at} has the format ${after.format}.`);

		for (const [name, property] of Object.entries(before.properties ?? {})) {
			const next = after.properties?.[name];
			if (next) found.push(...schemaChanges(`${at}.${name}`, property, next, direction, inner));
			else if (after.additionalProperties !== true) found.push(`${at}.${name} is gone.`);
			const isRequired = [before, after].map(({ required = [] }) => required.includes(name));
			if (direction === "request" && !isRequired[0] && isRequired[1]) found.push(`${at}.${name} is required.`);
			if (direction === "answer" && isRequired[0] && !isRequired[1] && next)
				found.push(`${at}.${name} may be missing.`);
		}
		for (const name of direction === "request" ? (after.required ?? []) : []) {
			if (!before.properties?.[name]) found.push(`${at}.${name} is new and required.`);
		}
		if (before.items && after.items)
			found.push(...schemaChanges(`${at}[]`, before.items, after.items, direction, inner));
		return found;
	}

	/** Each variant must find one that fits: of a request among the new ones, of an answer among the old ones. */
	function unionChanges(at: string, old: Schema[], now: Schema[], direction: Direction, within: string[]): string[] {
		const [given, possible] = direction === "request" ? [old, now] : [now, old];
		return given.flatMap((variant) => {
			const attempts = possible.map((other) => {
				const [before, after] = direction === "request" ? [variant, other] : [other, variant];
				return schemaChanges(at, before, after, direction, within);
			});
			const closest = attempts.sort((a, b) => a.length - b.length)[0];
			return closest ?? [`${at} has no variants any more.`];
		});
	}
}

function parametersOf(document: OpenApi, { parameters = [] }: Operation): Parameter[] {
	return parameters.map((parameter) => resolved(document, parameter) as unknown as Parameter);
}

/** @throws where the document does not have what it refers to */
function resolved(document: OpenApi, node: Node): Node {
	if (!node.$ref) return node;
	const [, , part = "", name = ""] = node.$ref.split("/");
	const found = document.components?.[part]?.[name];
	if (!found) throw new Error(`The document has no ${node.$ref}.`);
	return found as Node;
}

/** Returns a schema with the properties of all that it is composed of. */
function merged(document: OpenApi, schema: Schema): Schema {
	const { allOf, ...own } = resolved(document, schema as Node) as Schema;
	if (!allOf) return own;
	const parts = [...allOf.map((part) => merged(document, part)), own];
	return {
		...(Object.assign({}, ...parts) as Schema),
		properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
		required: parts.flatMap(({ required = [] }) => required),
	};
}

const variantsOf = (schema: Schema): Schema[] => schema.anyOf ?? schema.oneOf ?? [schema];

const typesOf = ({ type }: Schema): string[] => (type === undefined ? [] : [type].flat());

const isIntegerOf = (type: string, types: string[]) => type === "integer" && types.includes("number");

const valuesOf = (schema: Schema): unknown[] | undefined => (schema.const === undefined ? schema.enum : [schema.const]);

/** A request without the field would mean something else. */
function defaultChanges(at: string, before: Schema, after: Schema): string[] {
	const [was, is] = [JSON.stringify(before.default), JSON.stringify(after.default)];
	return was === undefined || was === is ? [] : [`${at} is ${is ?? "nothing"} by default, and was ${was}.`];
}

/** Bounds that refuse what was accepted. */
function boundChanges(at: string, before: Schema, after: Schema): string[] {
	const raised = (["minimum", "minLength", "minItems"] as const).filter(
		(bound) => (after[bound] ?? Number.NEGATIVE_INFINITY) > (before[bound] ?? defaultOf(bound)),
	);
	const lowered = (["maximum", "maxLength", "maxItems"] as const).filter(
		(bound) => (after[bound] ?? Number.POSITIVE_INFINITY) < (before[bound] ?? Number.POSITIVE_INFINITY),
	);
	const bounds = [...raised, ...lowered].map((bound) => `${at} has the ${bound} ${after[bound]}.`);
	const isOtherPattern = after.pattern !== undefined && after.pattern !== before.pattern;
	return isOtherPattern ? [...bounds, `${at} must match ${after.pattern}.`] : bounds;
}

const defaultOf = (bound: string) => (bound === "minimum" ? Number.NEGATIVE_INFINITY : 0);
