import type { PictureKind } from "#core/items/picture-kind.ts";
import type { Page } from "../page.ts";
import { chat } from "./chat.ts";
import { code, errorMessage } from "./code.ts";
import { contact, form } from "./contact.ts";
import { event, map, parcel } from "./event.ts";
import { journey } from "./journey.ts";
import { factSentences, isText, quote, type Wording } from "./parts.ts";
import { invoice, receipt } from "./purchase.ts";
import { recipe } from "./recipe.ts";

/** Writes the headline and the summary of each kind of picture with text. */
export const wordings: Record<Exclude<PictureKind, "photo">, (page: Page) => Wording> = {
	receipt,
	invoice,
	ticket: journey("Ticket"),
	boarding_pass: journey("Boarding pass"),
	chat,
	code,
	error: errorMessage,
	recipe,
	event,
	parcel,
	contact,
	form,
	map,
	unknown,
};

function unknown(page: Page): Wording {
	return {
		headline: page.title ?? page.texts.find((text) => /[\p{L}\p{N}]{2}/u.test(text)) ?? "Picture with text",
		summary: [...factSentences(page, "due_date", "expiry_date", "password"), quote(page)].filter(isText),
	};
}
