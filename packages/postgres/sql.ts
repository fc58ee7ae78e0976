import type { Statement } from "./database.ts";

/**
 * Makes SQL with its values where they are used: `` sql`select * from items where id = ${itemId}` ``. A value becomes `$n`,
 * a fragment made by `sql` is spliced in. The text depends on the fragments and never on the values, so every call of
 * one shape gives the same text, which a connection can keep prepared.
 */
export function sql(strings: TemplateStringsArray, ...parts: unknown[]): Sql {
	return new Sql(strings, parts);
}

/** Writes a number of the program's own into the text, where the planner sees it. */
export function constant(value: number): Sql {
	return new Sql([String(value)], []);
}

/** Words of the program's own as a list for `in`, written into the text: a partial index matches literals alone. */
export function constants(words: readonly string[]): Sql {
	return new Sql([`(${words.map((word) => `'${word.replaceAll("'", "''")}'`).join(", ")})`], []);
}

/** A statement, or a part of one. */
export class Sql implements Statement {
	readonly #strings: readonly string[];
	readonly #parts: readonly unknown[];
	#compiled: { text: string; values: unknown[] } | null = null;

	constructor(strings: readonly string[], parts: readonly unknown[]) {
		this.#strings = strings;
		this.#parts = parts;
	}

	get text(): string {
		return this.#compile().text;
	}

	get values(): unknown[] {
		return this.#compile().values;
	}

	/** Names the statement, so that a connection keeps its plan from the sixth run on: see `Statement`. */
	prepared(name: string): Statement {
		return { name, text: this.text, values: this.values };
	}

	#compile(): { text: string; values: unknown[] } {
		this.#compiled ??= this.#number();
		return this.#compiled;
	}

	/** Numbers the values. A fragment that is spliced more than once keeps the numbers of its first occurrence. */
	#number(): { text: string; values: unknown[] } {
		const values: unknown[] = [];
		const texts = new Map<Sql, string>();
		const textOf = (part: unknown): string => {
			if (!(part instanceof Sql)) return `$${values.push(part)}`;
			const compiled = texts.get(part);
			if (compiled !== undefined) return compiled;
			const [first = "", ...rest] = part.#strings;
			const text = rest.reduce((before, after, at) => before + textOf(part.#parts[at]) + after, first);
			texts.set(part, text);
			return text;
		};
		return { text: textOf(this), values };
	}
}
