import { plainText } from "#text/facts/any-word.ts";
import { joinKnown, joinNames, sentence } from "../format.ts";
import { factIn, type Page, valuesIn } from "../page.ts";
import { dayIn, factSentences, isText, quote, type Wording } from "./parts.ts";

/** Describes an event by its title and when it is. */
export function event(page: Page): Wording {
	const title = page.title ?? "Event";
	const when = joinKnown(title, dayIn(page, "date"), factIn(page, "time")?.value);
	return { headline: when, summary: [sentence(`Event: ${when}`), quote(page, title)].filter(isText) };
}

/** Describes a parcel by its state, its number and when it comes. */
export function parcel(page: Page): Wording {
	const number = factIn(page, "tracking_number")?.value;
	const expected = dayIn(page, "date");
	const due = dayIn(page, "due_date");
	return {
		headline: joinKnown(`Parcel: ${page.title ?? number ?? "delivery"}`, expected ?? due),
		summary: [
			number ? `Parcel with the tracking number ${number}.` : "Parcel.",
			expected && sentence(`Delivery: ${joinKnown(expected, joinNames(valuesIn(page, "time")))}`),
			due && `To be collected by ${due}.`,
			...factSentences(page, "order_number", "code"),
			quote(page),
		].filter(isText),
	};
}

const mapWords = /location|standort|route|^start|directions|現在地|steps|itineraire/;

/** Describes a map or a route by its places and how far it is. */
export function map(page: Page): Wording {
	const drive = page.texts.find((text) => /\d+\s?(?:min|h|std|分)/i.test(text) && /\d\s?(?:km|mi|m)\b/i.test(text));
	const places = page.texts.filter(
		(text) => text !== drive && /^\p{Lu}[\p{L}' .-]{3,40}$/u.test(text) && !mapWords.test(plainText(text).plain),
	);
	const name = places[0] ? `Map with ${joinNames(places.slice(0, 3))}` : "Map";
	return {
		headline: joinKnown(places[0] ? `Map: ${places[0]}` : "Map", drive),
		summary: [sentence(joinKnown(name, drive)), quote(page)].filter(isText),
	};
}
