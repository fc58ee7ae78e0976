/** One line of a month's estimate, in US dollars. */
export interface Line {
	label: string;
	quantity: string;
	/** The list price. */
	list: number;
	/** The part that the permanent free tier covers; environments of one account share it. */
	alwaysFree: number;
}

interface Resource {
	Type: string;
	// biome-ignore lint/suspicious/noExplicitAny: properties have many shapes; a line reads the few it is about
	Properties?: any;
}
export type Templates = { Resources: Record<string, Resource> }[];

/** Returns the properties of all resources of a type, each with its logical id. */
export type All = (type: string) => NonNullable<Resource["Properties"]>[];

/** Makes a line; `free` is the permanent free tier in dollars. @throws if the price is not a number */
export function line(label: string, quantity: string, list: number, { free = 0 }: { free?: number } = {}): Line {
	if (!Number.isFinite(list)) throw new Error(`The price of "${label}" is ${list}: a property or a price is missing.`);
	return { label, quantity, list, alwaysFree: Math.min(list, free) };
}

/** Looks up a price. @throws naming an entry that the table lacks */
export function priceOf(table: Record<string, number>, name: string): number {
	const price = table[name];
	if (price !== undefined) return price;
	throw new Error(`The price of ${name} is not known: add it to tools/cost/aws-prices.json.`);
}

/** Formats a number with thousands separators and no decimals. */
export const whole = (number: number) => Math.round(number).toLocaleString("en-US");
