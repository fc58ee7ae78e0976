import { printTable } from "./table.ts";

/** A limit on a measured figure, as reports have it. */
export interface Demand {
	name: string;
	value: number;
	limit: number;
	bound: "<=" | ">=" | ">";
	holds: boolean;
}

/** Demands at most `limit`. @throws if nothing was measured: 0 would pass every maximum */
export function demand(name: string, value: number, limit: number): Demand {
	return { name, value: measured(name, value), limit, bound: "<=", holds: value <= limit };
}

/** Demands at most `limit` of a figure that may be 0, as a share of what went wrong. @throws if nothing was measured */
export function maxDemand(name: string, value: number, limit: number): Demand {
	return { name, value: finite(name, value), limit, bound: "<=", holds: value <= limit };
}

/** Demands at least `limit`. @throws if nothing was measured */
export function minDemand(name: string, value: number, limit: number): Demand {
	return { name, value: finite(name, value), limit, bound: ">=", holds: value >= limit };
}

/** Demands more than `limit`. @throws if nothing was measured */
export function moreThan(name: string, value: number, limit: number): Demand {
	return { name, value: finite(name, value), limit, bound: ">", holds: value > limit };
}

/** Returns a quantity. @throws if it is one of nothing: NaN, infinite or 0 */
export function measured(name: string, quantity: number): number {
	if (quantity === 0) throw new Error(`"${name}" is 0: nothing was measured.`);
	return finite(name, quantity);
}

function finite(name: string, figure: number): number {
	if (Number.isFinite(figure)) return figure;
	throw new Error(`"${name}" is ${figure}: nothing was measured.`);
}

/** Prints demands as a table. */
export function printDemands(demands: Demand[]): void {
	printTable(
		demands.map(({ name, value, limit, bound, holds }) => ({
			demand: name,
			value: value.toPrecision(3),
			limit: `${bound} ${Number(limit.toPrecision(3))}`,
			holds: holds ? "yes" : "NO",
		})),
	);
}
