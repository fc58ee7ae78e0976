import { findAmounts, findBareAmounts } from "#text/facts/amounts.ts";
import { plainText, wordPattern } from "#text/facts/any-word.ts";
import { type LegibleLine, textOf, titleOf } from "./legible-lines.ts";

/** Words in large type on receipts and bills that are no name. */
const noName = wordPattern(
	"receipt|invoice|tax invoice|bill|your .{2,20} bill|statement|order confirmation|thank you|total|welcome|rechnung|quittung|kassenbon|zahlungserinnerung|mahnung|facture|ticket|ticket de caisse|factura|recibo|fattura|scontrino|date|datum|fecha",
	"領収書?|領収証|レシート|小票|购物小票|发票|合計|请求书|請求書",
);
const address = /\d{4,}|^\d|^(?:tel|www)|@/;
const maxNameLength = 60;

/** Returns the name at the head of a receipt or bill, above its first amount: the largest, or else the first. */
export function merchantOf(lines: LegibleLine[]): { name: string; line: string }[] {
	const firstAmount = lines.findIndex((line) => {
		const { plain } = plainText(textOf(line));
		return findAmounts(plain).length > 0 || findBareAmounts(plain, null).length > 0;
	});
	const head = lines.slice(0, firstAmount < 0 ? lines.length : Math.max(1, firstAmount)).filter((line) => {
		const { plain } = plainText(textOf(line));
		return (
			plain.length <= maxNameLength &&
			/\p{L}{2}/u.test(plain) &&
			!address.test(plain) &&
			!noName.test(plain) &&
			!/:/.test(plain)
		);
	});
	const name = titleOf(head) ?? (head[0] && textOf(head[0]));
	return name ? [{ name: inTitleCase(name), line: name }] : [];
}

/** Receipts print in capitals; a person writes names otherwise. */
function inTitleCase(name: string): string {
	if (name !== name.toUpperCase() || name.length < 5 || !/\s/.test(name)) return name;
	const small = new Set("du de des la le les del y zum zur am der and of the et".split(" "));
	return name
		.toLowerCase()
		.split(" ")
		.map((word, at) =>
			at > 0 && small.has(word) ? word : word.replace(/^\P{L}*\p{L}/u, (first) => first.toUpperCase()),
		)
		.join(" ");
}
