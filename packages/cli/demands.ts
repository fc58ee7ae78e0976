import { printTable } from "./table.ts";

/** A limit on a measured figure, as reports have it. */
export interface Demand {
	name: string;
	value: number;
	limit: number;
	bound: "<=" | ">=" | ">";
	holds: boolean;
}

export function demand(name: string, value: number, limit: number): Demand {
	return { name, value, limit, bound: "<=", holds: value <= limit };
}

export function atLeast(name: string, value: number, limit: number): Demand {
	return { name, value, limit, bound: ">=", holds: value >= limit };
}

export function moreThan(name: string, value: number, limit: number): Demand {
	return { name, value, limit, bound: ">", holds: value > limit };
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
