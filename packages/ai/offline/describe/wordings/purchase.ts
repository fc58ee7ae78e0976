import { plainText } from "#text/facts/any-word.ts";
import { partLabel, taxLabel, totalLabels } from "#text/facts/labels.ts";
import { joinKnown, sentence } from "../format.ts";
import { withNeighbours } from "../layout.ts";
import { factIn, type Page } from "../page.ts";
import { amountIn, dayIn, isText, quote, type Wording } from "./parts.ts";

/** Describes what was paid: to whom, how much, when, and what for. */
export function receipt(page: Page): Wording {
	const merchant = factIn(page, "merchant")?.value;
	const name = merchant ? `Receipt from ${merchant}` : "Receipt";
	const total = amountIn(page, "total");
	const date = dayIn(page, "date");
	const items = itemsOf(page);
	return {
		headline: joinKnown(name, total, date),
		summary: [
			sentence(joinKnown(`${name}${date ? ` of ${date}` : ""}`, total && `total ${total}`)),
			taxSentence(page),
			items.length > 0 ? `Bought: ${items.join("; ")}.` : quote(page),
		].filter(isText),
	};
}

/** Describes what is to be paid: to whom, how much, and until when. */
export function invoice(page: Page): Wording {
	const merchant = factIn(page, "merchant")?.value;
	const number = factIn(page, "invoice_number")?.value;
	const total = amountIn(page, "total");
	const due = dayIn(page, "due_date");
	const date = dayIn(page, "date");
	const from = merchant ? ` from ${merchant}` : "";
	return {
		headline: joinKnown(`Invoice${from}`, total, due && `due ${due}`),
		summary: [
			sentence(
				joinKnown(`Invoice${number ? ` ${number}` : ""}${from}${date ? ` of ${date}` : ""}`, total && `total ${total}`),
			),
			due && `To be paid by ${due}.`,
			taxSentence(page),
			quote(page),
		].filter(isText),
	};
}

function taxSentence(page: Page): string | null {
	const tax = amountIn(page, "tax");
	return tax && `Of that ${tax} tax.`;
}

const maxItems = 8;
const priced = /^(?<item>.*?)\s*(?:(?:[€$£¥]\s?)?\d{1,5}[.,]\d{2}\s?[€$£円元]?|¥\d[\d,.]*|\d[\d,.]*[円元])\s?[A-Z*]?$/u;

/** Returns what stands beside the prices of a receipt. */
function itemsOf({ lines }: Page): string[] {
	return withNeighbours(lines)
		.flatMap(({ text, left }) => {
			const item = priced.exec(text)?.groups?.item;
			return item === undefined ? [] : [item.trim() || left || ""];
		})
		.filter((item) => {
			const { plain } = plainText(item);
			return (
				/\p{L}{2}/u.test(plain) &&
				!plain.endsWith("@") &&
				![...totalLabels, partLabel, taxLabel].some((label) => label.test(plain))
			);
		})
		.slice(0, maxItems);
}
