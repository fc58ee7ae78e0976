import type { Found } from "./fact.ts";

const unit =
	"kg|g|mg|lbs?|oz|l|ml|cl|dl|cups?|km|cm|mm|m|°\\s?[cf]|°|kcal|kwh|min(?:ute[ns]?|utos?|s)?|h(?:ours?|rs?)?|stunden?|std|heures?|horas?|分|時間|克|毫升|千克|分钟|小时";
const pattern = new RegExp(
	`(?<![\\p{L}\\p{N}.,:/])(?<number>\\d{1,5}(?:[.,]\\d{1,2})?)\\s?(?<unit>${unit})(?![\\p{Script=Latin}\\p{N}])`,
	"giu",
);

/** Finds measures: a number with a unit of weight, volume, length, temperature or time. */
export function findQuantities(text: string): Found[] {
	return [...text.matchAll(pattern)].map((match) => ({
		start: match.index,
		end: match.index + match[0].length,
		value: (match.groups?.number ?? "").replace(",", "."),
		unit: (match.groups?.unit ?? "").replaceAll(/\s/g, ""),
	}));
}
