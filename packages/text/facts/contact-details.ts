import { wordPattern } from "./any-word.ts";
import type { Found } from "./fact.ts";

const email = /[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/gi;
const link =
	/\bhttps?:\/\/[^\s"'<>]+|\bwww\.[^\s"'<>,]+|(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|info|io|app|dev|shop|co\.uk|uk|de|at|ch|fr|es|it|nl|be|eu|ie|pt|pl|se|dk|no|fi|cz|jp|cn|tw|kr|ca|mx|br|au|nz)(?:\/[^\s"'<>]*|(?![\w.-]))/gi;

/** Finds the addresses of e-mail in a text. */
export const findEmails = (text: string): Found[] => matches(text, email);

/** Finds the addresses of pages in a text: with `http`, with `www`, or a name under a common top level domain. */
export const findLinks = (text: string): Found[] =>
	matches(text, link).map((found) => ({ ...found, value: found.value.replace(/[).,;:!?]+$/, "") }));

function matches(text: string, pattern: RegExp): Found[] {
	return [...text.matchAll(pattern)].map((match) => ({
		start: match.index,
		end: match.index + match[0].length,
		value: match[0],
		unit: null,
	}));
}

/** Digits in groups, as long as a number to call. */
const digits = /(?<![\p{L}\p{N}.,/-])(?:\+|\(\+?)?\d(?:[\s()/.-]{0,3}\d){6,14}(?![\p{N}]|[.,/-]\d)/gu;
/** Forms that only numbers to call have: international, those of several countries, grouped. */
const alone =
	/^(?:\+[\d\s()/.-]{8,}|\(?0\d{1,5}\)?(?:[\s/.-]{1,3}\d{2,8}){1,4}|\(\d{3}\)\s?\d{3}-\d{4}|\d{3}[-.]\d{3}[-.]\d{4}|[679]\d{2}(?: \d{2,3}){2,3}|1[3-9]\d{9})$/;
export const phoneLabel = wordPattern(
	"phone(?: no| number)?|tel|telephone|mobile|cell|call(?: us)?|fax|whatsapp|mob|m|t|p|contact(?: no| number)?|ring",
	"telefon(?:nummer)?|handy(?:nummer)?|mobil|rufnummer|hotline|fon",
	"telephone|portable|fixe|appelez(?: le)?|telefono|movil|llamar|cellulare|telefoon|atencion al cliente",
	"電話|携帯|连絡先|联系电话|电话|手机|連絡先",
);
const closeLabel = new RegExp(`${phoneLabel.source}[^\\p{L}\\p{N}]{0,4}(?:番号|号码)?[^\\p{L}\\p{N}+(]{0,4}$`, "u");

/**
 * Finds numbers to call: with a label before them, or in a form that other numbers do not have.
 *
 * @param label the text where the label of a line without one stands
 */
export function findPhones({ text, plain }: { text: string; plain: string }, label: string): Found[] {
	return [...text.matchAll(digits)].flatMap((match) => {
		const start = match.index;
		const written = match[0].trim();
		const before = plain.slice(0, start);
		const count = written.replaceAll(/\D/g, "").length;
		const isLabelled = closeLabel.test(before) || (!/\p{L}/u.test(before) && closeLabel.test(label));
		if (count > 15 || !(isLabelled ? count >= 7 : count >= 9 && alone.test(written))) return [];
		const value = (written.includes("+") ? "+" : "") + written.replaceAll(/\(0\)/g, "").replaceAll(/\D/g, "");
		return [{ start, end: start + match[0].length, value, unit: null }];
	});
}
