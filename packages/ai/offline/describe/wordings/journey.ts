import { plainText } from "#text/facts/any-word.ts";
import { joinKnown, sentence } from "../format.ts";
import { factIn, type Page } from "../page.ts";
import { routeOf } from "../route.ts";
import { amountIn, dayIn, isText, quote, type Wording } from "./parts.ts";

/** Describes a pass or a ticket: of a journey by its route, else by its title. */
export function journey(name: string): (page: Page) => Wording {
	return (page) => {
		const route = routeOf(page.texts);
		const what = route ? `${route.from} to ${route.to}` : titleBeside(page);
		const flight = factIn(page, "flight_number")?.value;
		const person = factIn(page, "person")?.value;
		const date = dayIn(page, "date");
		const total = amountIn(page, "total");
		const booking = (factIn(page, "booking_code") ?? factIn(page, "order_number"))?.value;
		const places = (["seat", "gate", "platform"] as const).flatMap((kind) => {
			const value = factIn(page, kind)?.value;
			return value ? [`${kind} ${value}`] : [];
		});
		return {
			headline: joinKnown(`${name}${flight ? ` ${flight}` : ""}: ${what}`, date),
			summary: [
				sentence(
					joinKnown(
						`${name}${person ? ` of ${person}` : ""}${flight ? ` for flight ${flight}` : ""}: ${what}`,
						date,
						factIn(page, "time")?.value,
					),
				),
				places.length > 0 && sentence(places.join(", ").replace(/^./, (first) => first.toUpperCase())),
				total && `Price ${total}.`,
				booking && `Booked as ${booking}.`,
				quote(page),
			].filter(isText),
		};
	};
}

const passWords =
	/^(?:boarding pass|bordkarte|carte d'embarquement|tarjeta de embarque|搭乗券|登机牌|e-?ticket|online-ticket|ticket|entrada|billet(?: de train)?|eintrittskarte|fahrkarte)$/;

/** Returns the title, or where that only says that this is a ticket the line after it. */
function titleBeside({ title, titleTexts, texts }: Page): string {
	const saysMore = (text: string) => !passWords.test(plainText(text.trim()).plain);
	if (title && saysMore(title)) return title;
	const at = texts.indexOf(titleTexts.at(-1) ?? "");
	return texts.slice(at + 1).find((text) => /\p{L}{3}/u.test(text) && saysMore(text)) ?? title ?? "";
}
