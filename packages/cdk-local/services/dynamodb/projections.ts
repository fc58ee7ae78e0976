import {
	type Path,
	type Placeholders,
	Reader,
	requireDisjoint,
	valueAt,
} from "./reader.ts";
import type { Item, Value } from "./values.ts";

/** Reads a `ProjectionExpression` into what it leaves of an item. */
export function readProjection(
	text: string,
	placeholders: Placeholders,
): (item: Item) => Item {
	const reader = new Reader(text, "ProjectionExpression", placeholders);
	const paths = [reader.path()];
	while (reader.takeIf(",")) paths.push(reader.path());
	reader.end();
	requireDisjoint(paths, reader);
	return (item) => {
		const kept = paths.filter((path) => valueAt(item, path) !== undefined);
		return (keep({ M: item }, kept) as { M: Item }).M;
	};
}

/** The parts of a document that the paths lead to; elements of a list keep their order and close ranks. */
function keep(value: Value, paths: Path[]): Value {
	if (paths.some((path) => path.length === 0)) return value;
	const below = (step: string | number) =>
		paths.filter(([first]) => first === step).map(([, ...rest]) => rest);
	if ("L" in value) {
		return {
			L: value.L.flatMap((one, at) => {
				const wanted = below(at);
				return wanted.length > 0 ? [keep(one, wanted)] : [];
			}),
		};
	}
	if (!("M" in value)) return value;
	return {
		M: Object.fromEntries(
			Object.entries(value.M).flatMap(([name, one]) => {
				const wanted = below(name);
				return wanted.length > 0 ? [[name, keep(one, wanted)]] : [];
			}),
		),
	};
}
