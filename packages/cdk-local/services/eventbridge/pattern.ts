import { AwsError } from "../../endpoint/types.ts";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Test = (value: Json) => boolean;
/** Matches an event or a part of it; a missing field is `undefined`. */
type Match = (value: Json | undefined) => boolean;

/**
 * Turns an EventBridge pattern into a predicate over events.
 * @throws AwsError `InvalidEventPatternException` naming the part it cannot read.
 */
export function eventPattern(pattern: unknown): (event: unknown) => boolean {
	return compileObject(pattern as Json, "pattern") as (event: unknown) => boolean;
}

function compileObject(pattern: Json | undefined, path: string): Match {
	if (!isObject(pattern) || Object.keys(pattern).length === 0) {
		throw invalid(`${path} must be an object with at least one field`);
	}
	const parts = Object.entries(pattern).map(([name, value]): Match => {
		const fieldPath = `${path}.${name}`;
		if (name === "$or") {
			if (!Array.isArray(value) || value.length < 2) {
				throw invalid(`${fieldPath} must be an array of two patterns or more`);
			}
			const choices = value.map((choice, index) => compileObject(choice, `${fieldPath}[${index}]`));
			return (event) => choices.some((choice) => choice(event));
		}
		const inner = Array.isArray(value) ? compileLeaf(value, fieldPath) : compileObject(value, fieldPath);
		return (event) => inner(isObject(event) && Object.hasOwn(event, name) ? event[name] : undefined);
	});
	return (event) =>
		Array.isArray(event)
			? event.some((element) => parts.every((part) => part(element)))
			: parts.every((part) => part(event));
}

function compileLeaf(choices: Json[], path: string): Match {
	if (choices.length === 0) throw invalid(`${path} must not be empty`);
	const matches = choices.map((choice): Match => {
		if (isObject(choice) && "exists" in choice) {
			if (typeof choice.exists !== "boolean" || !isSingle(choice)) {
				throw invalid(`${path}: exists must be true or false, alone`);
			}
			const shouldExist = choice.exists;
			return (value) => (value !== undefined && !isObject(value)) === shouldExist;
		}
		const test = compileTest(choice, path);
		return (value) => {
			if (value === undefined || isObject(value)) return false;
			return Array.isArray(value) ? value.some(test) : test(value);
		};
	});
	return (value) => matches.some((match) => match(value));
}

function compileTest(choice: Json, path: string): Test {
	if (Array.isArray(choice)) throw invalid(`${path}: an array in an array`);
	if (!isObject(choice)) return (value) => value === choice;
	const [operator = ""] = Object.keys(choice);
	const compile = Object.hasOwn(operators, operator) && operators[operator];
	if (!compile || !isSingle(choice)) {
		throw invalid(`${path}: unknown operator ${JSON.stringify(choice)}`);
	}
	return compile(choice[operator] as Json, `${path}.${operator}`);
}

const operators: Record<string, (operand: Json, path: string) => Test> = {
	prefix: affix((text, part) => text.startsWith(part)),
	suffix: affix((text, part) => text.endsWith(part)),
	"equals-ignore-case": (operand, path) => {
		const lowerCase = text(operand, path).toLowerCase();
		return (value) => typeof value === "string" && value.toLowerCase() === lowerCase;
	},
	wildcard: (operand, path) => {
		const pattern = text(operand, path);
		if (pattern.includes("**")) {
			throw invalid(`${path}: consecutive wildcard characters`);
		}
		const expression = new RegExp(`^${wildcardSource(pattern)}$`, "s");
		return (value) => typeof value === "string" && expression.test(value);
	},
	numeric: (operand, path) => {
		if (!Array.isArray(operand) || ![2, 4].includes(operand.length)) {
			throw invalid(`${path} must be like [">", 0, "<=", 5]`);
		}
		const comparisons: Test[] = [];
		for (let index = 0; index < operand.length; index += 2) {
			const compare = comparators[String(operand[index])];
			const bound = operand[index + 1];
			if (!compare || typeof bound !== "number") {
				throw invalid(`${path} must be like [">", 0, "<=", 5]`);
			}
			comparisons.push((value) => typeof value === "number" && compare(value, bound));
		}
		return (value) => comparisons.every((comparison) => comparison(value));
	},
	"anything-but": (operand, path) => {
		if (isObject(operand)) {
			const [operator = ""] = Object.keys(operand);
			if (!["prefix", "suffix", "equals-ignore-case", "wildcard"].includes(operator)) {
				throw invalid(`${path}: unknown operator ${JSON.stringify(operand)}`);
			}
			const excluded = [operand[operator] as Json]
				.flat()
				.map((value) => compileTest({ [operator]: value as Json }, path));
			return (value) => typeof value === "string" && !excluded.some((test) => test(value));
		}
		const excluded = [operand].flat();
		if (excluded.length === 0 || excluded.some((value) => isObject(value as Json))) {
			throw invalid(`${path} must be a value or an array of values`);
		}
		return (value) => !excluded.includes(value);
	},
};

const comparators: Record<string, (a: number, b: number) => boolean> = {
	"=": (a, b) => a === b,
	"<": (a, b) => a < b,
	"<=": (a, b) => a <= b,
	">": (a, b) => a > b,
	">=": (a, b) => a >= b,
};

/** `prefix` and `suffix` take text, or `{"equals-ignore-case": text}`. */
function affix(matches: (text: string, part: string) => boolean) {
	return (operand: Json, path: string): Test => {
		if (isObject(operand) && "equals-ignore-case" in operand) {
			const part = text(operand["equals-ignore-case"], path).toLowerCase();
			return (value) => typeof value === "string" && matches(value.toLowerCase(), part);
		}
		const part = text(operand, path);
		return (value) => typeof value === "string" && matches(value, part);
	};
}

/** Translates a wildcard to a regular expression; `\*` and `\\` are literal. */
function wildcardSource(pattern: string): string {
	return pattern.replace(/\\[*\\]|[\s\S]/g, (part) => {
		if (part === "*") return ".*";
		const character = part.length === 2 ? part.slice(1) : part;
		return character.replace(/[$()*+.?[\\\]^{|}]/, "\\$&");
	});
}

function text(operand: Json | undefined, path: string): string {
	if (typeof operand !== "string") throw invalid(`${path} must be a string`);
	return operand;
}

function isSingle(object: object): boolean {
	return Object.keys(object).length === 1;
}

function isObject(value: Json | undefined): value is { [name: string]: Json } {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(reason: string): AwsError {
	return new AwsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);
}
