import type { Json, JsonObject } from "./assembly.ts";

/** Resolves the names in a template. */
export interface Scope {
	/** Resolves a resource, a parameter or a pseudo parameter. */
	ref(name: string): Promise<Json>;
	getAtt(logicalId: string, attribute: string): Promise<Json>;
	condition(name: string): Promise<boolean>;
	mapping(map: string, first: string, second: string): Json;
	importValue(exportName: string): Json;
	availabilityZones(region: string): string[];
}

/** `AWS::NoValue`: removes the property or element that has it. */
const noValue = Symbol("AWS::NoValue");
type Resolved = Json | typeof noValue;

/**
 * Computes a template value; `AWS::NoValue` as the whole value gives null.
 * @throws where it uses an unknown function
 */
export async function resolve(value: Json, scope: Scope): Promise<Json> {
	const resolved = await walk(value, scope);
	return resolved === noValue ? null : resolved;
}

async function walk(value: Json, scope: Scope): Promise<Resolved> {
	if (value === null || typeof value !== "object") return value;
	if (Array.isArray(value)) {
		const elements: Json[] = [];
		for (const element of value) {
			const resolved = await walk(element, scope);
			if (resolved !== noValue) elements.push(resolved);
		}
		return elements;
	}
	const name = Object.keys(value).find(isIntrinsic);
	if (name !== undefined) {
		if (Object.keys(value).length > 1) {
			throw new Error(
				`${name} has other keys beside it (${Object.keys(value).join(", ")}), so it is not a function call.`,
			);
		}
		return call(name, value[name] as Json, scope);
	}
	const object: JsonObject = {};
	for (const [key, member] of Object.entries(value)) {
		const resolved = await walk(member, scope);
		if (resolved !== noValue) object[key] = resolved;
	}
	return object;
}

const isIntrinsic = (key: string) => key === "Ref" || key.startsWith("Fn::");

async function call(name: string, argument: Json, scope: Scope): Promise<Resolved> {
	const arguments_ = async () => list(name, await resolve(argument, scope));
	switch (name) {
		case "Ref":
			return argument === "AWS::NoValue" ? noValue : scope.ref(text(name, argument));
		case "Fn::GetAtt": {
			const [logicalId, ...attribute] =
				typeof argument === "string" ? argument.split(".") : list(name, argument).map((part) => text(name, part));
			return scope.getAtt(logicalId ?? "", attribute.join("."));
		}
		case "Fn::Sub":
			return substitute(argument, scope);
		case "Fn::Join": {
			const [separator, parts] = await arguments_();
			return list(name, parts)
				.map((part) => text(name, part))
				.join(text(name, separator));
		}
		case "Fn::Select": {
			const [index, elements] = await arguments_();
			const element = list(name, elements)[Number(index)];
			if (element === undefined) {
				throw new Error(`Fn::Select has no element ${index} in ${JSON.stringify(elements)}.`);
			}
			return element;
		}
		case "Fn::Split": {
			const [separator, source] = await arguments_();
			return text(name, source).split(text(name, separator));
		}
		case "Fn::Base64":
			return Buffer.from(text(name, await resolve(argument, scope))).toString("base64");
		case "Fn::FindInMap": {
			const [map, first, second] = await arguments_();
			return scope.mapping(text(name, map), text(name, first), text(name, second));
		}
		case "Fn::If": {
			const [condition, whenTrue, whenFalse] = list(name, argument);
			const holds = await scope.condition(text(name, condition));
			return walk((holds ? whenTrue : whenFalse) ?? null, scope);
		}
		case "Fn::GetAZs":
			return scope.availabilityZones(text(name, await resolve(argument, scope)));
		case "Fn::ImportValue":
			return scope.importValue(text(name, await resolve(argument, scope)));
		case "Fn::Equals":
		case "Fn::And":
		case "Fn::Or":
		case "Fn::Not":
			return holds({ [name]: argument }, scope);
		default:
			throw new Error(
				`cdk-local does not know the function ${name}: add it to template/intrinsics.ts, or write the template without it.`,
			);
	}
}

/** Evaluates a condition of the template. */
export async function holds(condition: Json, scope: Scope): Promise<boolean> {
	if (typeof condition === "boolean") return condition;
	if (condition === null || typeof condition !== "object" || Array.isArray(condition)) {
		return String(condition) === "true";
	}
	const [name = "", argument = null] = Object.entries(condition)[0] ?? [];
	const each = (operands: Json) => Promise.all(list(name, operands).map((operand) => holds(operand, scope)));
	switch (name) {
		case "Condition":
			return scope.condition(text(name, argument));
		case "Fn::And":
			return (await each(argument)).every(Boolean);
		case "Fn::Or":
			return (await each(argument)).some(Boolean);
		case "Fn::Not":
			return !(await each(argument))[0];
		case "Fn::Equals": {
			const [left, right] = list(name, await resolve(argument, scope));
			return JSON.stringify(left) === JSON.stringify(right);
		}
		default:
			throw new Error(`cdk-local does not know the condition ${name}: add it to template/intrinsics.ts.`);
	}
}

async function substitute(argument: Json, scope: Scope): Promise<string> {
	const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
	const locals = variables as JsonObject;
	const parts: string[] = [];
	for (const part of text("Fn::Sub", template).split(/(\$\{[^}]*\})/)) {
		const name = /^\$\{(.*)\}$/s.exec(part)?.[1]?.trim();
		if (name === undefined) parts.push(part);
		else if (name.startsWith("!")) parts.push(`\${${name.slice(1)}}`);
		else if (Object.hasOwn(locals, name)) {
			parts.push(text("Fn::Sub", await resolve(locals[name] as Json, scope)));
		} else {
			const [logicalId, ...attribute] = name.split(".");
			const value =
				attribute.length > 0 ? await scope.getAtt(logicalId as string, attribute.join(".")) : await scope.ref(name);
			parts.push(text("Fn::Sub", value));
		}
	}
	return parts.join("");
}

function list(name: string, value: Json | undefined): Json[] {
	if (Array.isArray(value)) return value;
	throw new Error(`${name} takes a list, not ${JSON.stringify(value)}.`);
}

function text(name: string, value: Json | undefined): string {
	if (typeof value === "string") return value;
	if (typeof value === "number" || typeof value === "boolean") {
		return String(value);
	}
	throw new Error(`${name} takes text, not ${JSON.stringify(value)}.`);
}
