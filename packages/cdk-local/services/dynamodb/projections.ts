import { type Path, type Placeholders, Reader, requireDisjoint, valueAt } from "./reader.ts";
import type { Item, Value } from "./values.ts";

/** Parses a request's `ProjectionExpression`, if it has one, into a function that projects an item. */
export function readProjection(
	{ ProjectionExpression: text }: { ProjectionExpression?: string | undefined },
	placeholders: Placeholders,
): (item: Item) => Item {
	if (text === undefined) return (item) => item;
	const reader = new Reader(text, "ProjectionExpression", placeholders);
	const paths = [reader.path()];
	while (reader.takeIf(",")) paths.push(reader.path());
	reader.end();
	requireDisjoint(paths, reader);
	return (item) => {
		const present = paths.filter((path) => valueAt(item, path) !== undefined);
		return (keep({ M: item }, present) as { M: Item }).M;
	};
}

/** Keeps the parts of a document at the paths; elements of a list keep their order, without gaps. */
function keep(value: Value, paths: Path[]): Value {
	if (paths.some((path) => path.length === 0)) return value;
	const below = (step: string | number) => paths.filter(([first]) => first === step).map(([, ...rest]) => rest);
	if ("L" in value) {
		return {
			L: value.L.flatMap((element, index) => {
				const rest = below(index);
				return rest.length > 0 ? [keep(element, rest)] : [];
			}),
		};
	}
	if (!("M" in value)) return value;
	return {
		M: Object.fromEntries(
			Object.entries(value.M).flatMap(([name, member]) => {
				const rest = below(name);
				return rest.length > 0 ? [[name, keep(member, rest)]] : [];
			}),
		),
	};
}
