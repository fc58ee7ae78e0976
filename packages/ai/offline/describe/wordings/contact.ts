import { joinKnown, sentence } from "../format.ts";
import { factIn, type Page } from "../page.ts";
import { dayIn, factSentences, isText, quote, type Wording } from "./parts.ts";

/** Describes the details of a person or a business by the name and how to reach it. */
export function contact(page: Page): Wording {
	const person = factIn(page, "person")?.value ?? page.title ?? "a person";
	const role = page.texts.find((text) => !text.includes(person) && /^\p{L}[\p{L} .&/-]{4,50}$/u.test(text));
	const name = joinKnown(person, role);
	return {
		headline: `Contact: ${name}`,
		summary: [
			sentence(`Contact details of ${name}`),
			...factSentences(page, "phone", "email", "url"),
			quote(page, person, role ?? ""),
		].filter(isText),
	};
}

/** Describes a form by its title, whom it is about, and until when it is to be returned. */
export function form(page: Page): Wording {
	const title = page.title ?? "without a title";
	const person = factIn(page, "person")?.value;
	const due = dayIn(page, "due_date");
	return {
		headline: joinKnown(`Form: ${title}`, person),
		summary: [
			`Form: ${sentence(title)}`,
			person && `Of ${person}.`,
			due && `To be returned by ${due}.`,
			quote(page, title),
		].filter(isText),
	};
}
