import { validation } from "./errors.ts";
import { addNumbers } from "./numbers.ts";
import { type Path, type Placeholders, Reader, requireDisjoint, valueAt } from "./reader.ts";
import { contentOf, type Item, typeOf, type Value } from "./values.ts";

/** A parsed update expression. */
interface Update {
	/** Names of the attributes that it writes. */
	attributes: ReadonlySet<string>;
	/** Returns the updated item and leaves the argument unchanged. */
	apply(item: Item): Item;
}

type Operand = (item: Item) => Value;
/** Changes `next`; expressions read the unchanged `item`. */
type Step = (item: Item, next: Item) => void;

const wrongType = () => validation("An operand in the update expression has an incorrect data type");

/** Parses an `UpdateExpression`. */
export function readUpdate(text: string, placeholders: Placeholders): Update {
	const reader = new Reader(text, "UpdateExpression", placeholders);
	const paths: Path[] = [];
	const steps: Record<string, Step[]> = {};
	while (!reader.done) {
		const section = reader.take().toUpperCase();
		const read = sections[section];
		if (!read) {
			throw reader.error(`Syntax error; token: "${section}"`);
		}
		if (steps[section]) {
			throw reader.error(`The "${section}" section can only be used once in an update expression;`);
		}
		const actions: { path: Path; step: Step }[] = [];
		do {
			const path = reader.path();
			paths.push(path);
			actions.push({ path, step: read(path, reader) });
		} while (reader.takeIf(","));
		// From the back, so that a removal does not shift the next element to remove.
		if (section === "REMOVE") actions.sort((a, b) => lastFirst(a.path, b.path));
		steps[section] = actions.map(({ step }) => step);
	}
	requireDisjoint(paths, reader);
	return {
		attributes: new Set(paths.map(([first]) => String(first))),
		apply(item) {
			const next = structuredClone(item);
			for (const section of Object.keys(sections)) {
				for (const step of steps[section] ?? []) step(item, next);
			}
			return next;
		},
	};
}

/** The sections in the order in which they take effect. */
const sections: Record<string, (path: Path, reader: Reader) => Step> = {
	SET(path, reader) {
		reader.expect("=");
		const value = assigned(reader);
		return (item, next) => put(next, path, value(item));
	},
	REMOVE: (path) => (_item, next) => remove(next, path),
	ADD(path, reader) {
		const amount = reader.value();
		const type = typeOf(amount);
		if (!["N", "SS", "NS", "BS"].includes(type)) {
			throw reader.error(`Incorrect operand type for operator or function; operator: ADD, operand type: ${type}`);
		}
		return (item, next) => put(next, path, added(valueAt(item, path), amount));
	},
	DELETE(path, reader) {
		const members = reader.value();
		if (!["SS", "NS", "BS"].includes(typeOf(members))) {
			throw reader.error(
				`Incorrect operand type for operator or function; operator: DELETE, operand type: ${typeOf(members)}`,
			);
		}
		return (item, next) => {
			const current = valueAt(item, path);
			if (!current) return;
			if (typeOf(current) !== typeOf(members)) throw wrongType();
			const removed = contentOf(members) as string[];
			const remaining = (contentOf(current) as string[]).filter((member) => !removed.includes(member));
			if (remaining.length === 0) remove(next, path);
			else put(next, path, { [typeOf(current)]: remaining } as unknown as Value);
		};
	},
};

function assigned(reader: Reader): Operand {
	const left = operand(reader);
	const sign = reader.takeIf("+") ? 1n : reader.takeIf("-") ? -1n : undefined;
	if (!sign) return left;
	const right = operand(reader);
	return (item) => {
		const [a, b] = [left(item), right(item)];
		if (!("N" in a) || !("N" in b)) throw wrongType();
		return { N: addNumbers(a.N, b.N, sign) };
	};
}

function operand(reader: Reader): Operand {
	if (reader.takeIf("(")) {
		const inner = assigned(reader);
		reader.expect(")");
		return inner;
	}
	const name = reader.takeFunction(["if_not_exists", "list_append"]);
	if (name === "if_not_exists") {
		const path = reader.path();
		reader.expect(",");
		const otherwise = operand(reader);
		reader.expect(")");
		return (item) => valueAt(item, path) ?? otherwise(item);
	}
	if (name === "list_append") {
		const first = operand(reader);
		reader.expect(",");
		const second = operand(reader);
		reader.expect(")");
		return (item) => {
			const [a, b] = [first(item), second(item)];
			if (!("L" in a) || !("L" in b)) throw wrongType();
			return { L: [...a.L, ...b.L] };
		};
	}
	if (reader.atValue) {
		const value = reader.value();
		return () => value;
	}
	const path = reader.path();
	return (item) => {
		const value = valueAt(item, path);
		if (value) return value;
		throw validation("The provided expression refers to an attribute that does not exist in the item");
	};
}

function added(current: Value | undefined, amount: Value): Value {
	if (!current) return amount;
	if ("N" in current && "N" in amount) {
		return { N: addNumbers(current.N, amount.N, 1n) };
	}
	const [type, before, more] = [typeOf(current), contentOf(current), contentOf(amount)];
	if (type !== typeOf(amount) || !Array.isArray(before)) throw wrongType();
	const members = [...new Set([...before, ...(more as string[])])];
	return { [type]: members } as unknown as Value;
}

/** Finds the map or list that contains the path's last step. */
function container(next: Item, path: Path): Value {
	const parent = path.length === 1 ? { M: next } : valueAt(next, path.slice(0, -1));
	if (parent && (typeof path.at(-1) === "number" ? "L" in parent : "M" in parent)) {
		return parent;
	}
	throw validation("The document path provided in the update expression is invalid for update");
}

function put(next: Item, path: Path, value: Value): void {
	const parent = container(next, path);
	const last = path.at(-1) as string | number;
	if ("L" in parent && typeof last === "number") {
		// An index beyond the end appends.
		parent.L[Math.min(last, parent.L.length)] = value;
	} else if ("M" in parent) {
		Object.defineProperty(parent.M, last, {
			value,
			enumerable: true,
			configurable: true,
			writable: true,
		});
	}
}

function remove(next: Item, path: Path): void {
	const parent = container(next, path);
	const last = path.at(-1) as string | number;
	if ("L" in parent && typeof last === "number") parent.L.splice(last, 1);
	else if ("M" in parent) delete parent.M[last];
}

function lastFirst(a: Path, b: Path): number {
	const [x, y] = [a.at(-1), b.at(-1)];
	return typeof x === "number" && typeof y === "number" ? y - x : 0;
}
