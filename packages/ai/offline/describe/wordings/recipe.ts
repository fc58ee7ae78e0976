import { sentence } from "../format.ts";
import type { Page } from "../page.ts";
import { isText, quote, type Wording } from "./parts.ts";

const maxIngredients = 12;
const maxLength = 60;
const measured = /^[\s•*-]*(?:\d|[½¼¾]).{0,8}\p{L}|\d\s?(?:g|kg|ml|l|個|本)\b|大さじ|小さじ/u;
const noIngredient = /^\d+[.)]\s|\bmin|serves|personen|personnes|personas|人分/i;

/** Describes a recipe by its title and what it takes. */
export function recipe(page: Page): Wording {
	const title = page.title ?? "without a title";
	const ingredients = page.texts
		.filter((text) => text.length <= maxLength && measured.test(text) && !noIngredient.test(text))
		.slice(0, maxIngredients);
	return {
		headline: `Recipe: ${title}`,
		summary: [
			`Recipe: ${sentence(title)}`,
			ingredients.length > 0 && `Ingredients: ${ingredients.join("; ")}.`,
			quote(page, title, ...ingredients),
		].filter(isText),
	};
}
