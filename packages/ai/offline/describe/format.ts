import type { Fact } from "#text/facts/fact.ts";

/** Writes an amount as an English text does: `€23.15`. */
export function money({ value, unit }: Pick<Fact, "value" | "unit">): string {
	if (unit === null || !/^[A-Z]{3}$/.test(unit)) return unit === null ? value : `${value} ${unit}`;
	const digits = value.split(".")[1]?.length ?? 0;
	return new Intl.NumberFormat("en", {
		style: "currency",
		currency: unit,
		minimumFractionDigits: digits,
		maximumFractionDigits: digits,
	}).format(Number(value));
}

/** Writes a date as `14 March 2026`; without a year as `14 March`. */
export function day(value: string): string {
	const [, year, month, date] = /^(\d{4}|-)-(\d{2})-(\d{2})$/.exec(value) ?? [];
	if (!month || !date) return value;
	const name = new Date(Date.UTC(2024, Number(month) - 1)).toLocaleDateString("en", { month: "long", timeZone: "UTC" });
	return `${Number(date)} ${name}${year === "-" ? "" : ` ${year}`}`;
}

/** Joins names as `a, b and c`. */
export function joinNames(names: readonly string[]): string {
	const last = names.at(-1) ?? "";
	return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${last}` : last;
}

/** Joins what is known of something by commas. */
export const joinKnown = (...parts: (string | null | undefined | false)[]) => parts.filter((part) => part).join(", ");

/** Ends a text as a sentence. */
export const sentence = (text: string) => (/[.!?…。！？]$/.test(text) ? text : `${text}.`);
