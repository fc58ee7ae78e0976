import { validation } from "./errors.ts";
import { reservedWords } from "./reserved-words.ts";
import { type Item, readItem, type Value } from "./values.ts";

/** The path of a value in an item: attribute names and list indexes. */
export type Path = (string | number)[];

/** Holds the placeholders of a request; one that no expression uses is an error. */
export class Placeholders {
	readonly #names: Record<string, string>;
	readonly #values: Item;
	readonly #used = new Set<string>();

	constructor(request: {
		ExpressionAttributeNames?: Record<string, string> | undefined;
		ExpressionAttributeValues?: Record<string, unknown> | undefined;
	}) {
		this.#names = request.ExpressionAttributeNames ?? {};
		this.#values = readItem(request.ExpressionAttributeValues);
	}

	name(placeholder: string, expression: string): string {
		if (!Object.hasOwn(this.#names, placeholder)) {
			throw validation(
				`Invalid ${expression}: An expression attribute name used in the document path is not defined; attribute name: ${placeholder}`,
			);
		}
		this.#used.add(placeholder);
		return this.#names[placeholder] as string;
	}

	value(placeholder: string, expression: string): Value {
		if (!Object.hasOwn(this.#values, placeholder)) {
			throw validation(
				`Invalid ${expression}: An expression attribute value used in expression is not defined; attribute value: ${placeholder}`,
			);
		}
		this.#used.add(placeholder);
		return this.#values[placeholder] as Value;
	}

	/** Call after every expression is parsed. @throws AwsError `ValidationException` */
	requireAllUsed(): void {
		for (const [kind, placeholders] of [
			["Names", this.#names],
			["Values", this.#values],
		] as const) {
			const unused = Object.keys(placeholders).filter((placeholder) => !this.#used.has(placeholder));
			if (unused.length > 0) {
				throw validation(
					`Value provided in ExpressionAttribute${kind} unused in expressions: keys: {${unused.join(", ")}}`,
				);
			}
		}
	}
}

const token = /\s*(?:([#:]?[A-Za-z_][A-Za-z0-9_]*|[#:][A-Za-z0-9_]+)|(\d+)|(<>|<=|>=|[=<>()[\],.+-]))/y;

/** Tokenizes an expression and reads it from left to right. */
export class Reader {
	readonly #tokens: string[] = [];
	readonly #placeholders: Placeholders;
	readonly #expression: string;
	#index = 0;
	/** Attributes that the expression has named so far. */
	readonly attributes = new Set<string>();

	/** @param expression as the request names it: `FilterExpression` */
	constructor(text: string, expression: string, placeholders: Placeholders) {
		this.#expression = expression;
		this.#placeholders = placeholders;
		if (text.trim() === "") {
			throw this.error("The expression can not be empty;");
		}
		const end = text.trimEnd().length;
		for (let at = 0; at < end; at = token.lastIndex) {
			token.lastIndex = at;
			const match = token.exec(text);
			if (!match) {
				throw this.error(`Syntax error; token: "${text.slice(at).trim()[0]}"`);
			}
			this.#tokens.push(match[0].trim());
		}
	}

	get done(): boolean {
		return this.#index === this.#tokens.length;
	}

	get next(): string {
		return this.#tokens[this.#index] ?? "<EOF>";
	}

	error(message: string) {
		return validation(`Invalid ${this.#expression}: ${message}`);
	}

	syntaxError() {
		return this.error(`Syntax error; token: "${this.next}"`);
	}

	take(): string {
		if (this.done) throw this.syntaxError();
		this.#index += 1;
		return this.#tokens[this.#index - 1] as string;
	}

	/** Takes the next token if it is this symbol or keyword, in any case. */
	takeIf(token: string): boolean {
		if (this.next.toUpperCase() !== token) return false;
		this.#index += 1;
		return true;
	}

	expect(token: string): void {
		if (!this.takeIf(token)) throw this.syntaxError();
	}

	/** Takes a function's name and opening bracket if they come next. */
	takeFunction(names: readonly string[]): string | undefined {
		const name = this.next;
		if (this.#tokens[this.#index + 1] !== "(" || !/^[a-z_]+$/i.test(name)) {
			return undefined;
		}
		if (!names.includes(name)) {
			// Keywords may precede a bracket, too.
			if (/^(not|and|or|in|between)$/i.test(name)) return undefined;
			throw this.error(`Invalid function name; function: ${name}`);
		}
		this.#index += 2;
		return name;
	}

	get atValue(): boolean {
		return this.next.startsWith(":");
	}

	value(): Value {
		if (!this.atValue) throw this.syntaxError();
		return this.#placeholders.value(this.take(), this.#expression);
	}

	path(): Path {
		const first = this.name();
		this.attributes.add(first);
		const path: Path = [first];
		for (;;) {
			if (this.takeIf(".")) path.push(this.name());
			else if (this.takeIf("[")) {
				if (!/^\d+$/.test(this.next)) throw this.syntaxError();
				path.push(Number(this.take()));
				this.expect("]");
			} else return path;
		}
	}

	name(): string {
		if (this.next.startsWith("#")) {
			return this.#placeholders.name(this.take(), this.#expression);
		}
		if (!/^[A-Za-z]/.test(this.next)) throw this.syntaxError();
		const name = this.take();
		if (reservedWords.has(name.toUpperCase())) {
			throw this.error(`Attribute name is a reserved keyword; reserved keyword: ${name}`);
		}
		return name;
	}

	end(): void {
		if (!this.done) throw this.syntaxError();
	}
}

/** Returns the value at a path, undefined if there is none. */
export function valueAt(item: Item, path: Path): Value | undefined {
	return path.reduce<Value | undefined>(
		(value, step) => {
			if (!value) return undefined;
			if (typeof step === "number") {
				return "L" in value ? value.L[step] : undefined;
			}
			return "M" in value && Object.hasOwn(value.M, step) ? value.M[step] : undefined;
		},
		{ M: item },
	);
}

/** @throws AwsError `ValidationException` if a path contains another */
export function requireDisjoint(paths: Path[], reader: Reader): void {
	paths.forEach((first, index) => {
		for (const second of paths.slice(index + 1)) {
			const length = Math.min(first.length, second.length);
			if (first.slice(0, length).every((step, i) => step === second[i])) {
				throw reader.error(
					`Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [${first.join(", ")}], path two: [${second.join(", ")}]`,
				);
			}
		}
	});
}
