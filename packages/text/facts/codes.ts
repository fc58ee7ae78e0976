import { anyWord, type PlainText } from "./any-word.ts";
import type { Fact, FactLine, Found } from "./fact.ts";
import { type CodeKind, codeLabels, flightLabel, noCodeLabel, type PlaceKind, placeLabels } from "./labels.ts";

type FoundCode = Found & { kind: Fact["kind"] };

/** Forms that tell by themselves what they are. */
const trackingForms =
	/(?<![\p{L}\p{N}])(?:1Z(?: ?[0-9A-Z]){16}|[A-Z]{2} ?\d{3} ?\d{3} ?\d{3} ?[A-Z]{2}|JJ?D\d{14,20}|JD\d{16,18}|TBA\d{12}|(?:SF|YT|JT|ZTO)\d{12,15})(?![\p{L}\p{N}])/gu;
const iban = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\p{L}\p{N}])/gu;

const compact = (text: string) => text.replaceAll(/[\s-]/g, "").toUpperCase();

/** Finds numbers of parcels and accounts by their form; the latter have check digits. */
export function findFormedCodes(text: string): FoundCode[] {
	const found = (kind: FoundCode["kind"], pattern: RegExp, isValid: (value: string) => boolean): FoundCode[] =>
		[...text.matchAll(pattern)].flatMap((match) => {
			const value = compact(match[0]);
			return isValid(value)
				? [{ kind, start: match.index, end: match.index + match[0].length, value, unit: null }]
				: [];
		});
	return [...found("iban", iban, isIban), ...found("tracking_number", trackingForms, isTrackingNumber)];
}

function isIban(value: string): boolean {
	if (value.length < 15 || value.length > 34) return false;
	const digits = (value.slice(4) + value.slice(0, 4)).replaceAll(/[A-Z]/g, (letter) =>
		String(letter.charCodeAt(0) - 55),
	);
	return [...digits].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0) === 1;
}

const weights = [8, 6, 4, 2, 3, 5, 9, 7];

/** Numbers of the Universal Postal Union's form S10 have a check digit. */
function isTrackingNumber(value: string): boolean {
	const [, serial, check] = /^[A-Z]{2}(\d{8})(\d)[A-Z]{2}$/.exec(value) ?? [];
	if (serial === undefined) return true;
	const sum = weights.reduce((all, weight, at) => all + weight * Number(serial[at]), 0);
	const rest = 11 - (sum % 11);
	return Number(check) === (rest === 10 ? 0 : rest === 11 ? 5 : rest);
}

/** A word with a digit, or capitals alone as bookings have. */
const codeValue = /#?(?=[\p{L}\p{N}._/-]*\p{N})[\p{L}\p{N}](?:[\p{Script=Latin}\p{N}._/-]*[\p{Script=Latin}\p{N}])?#?/u;
const capitals = /[A-Z][A-Z_]{4,}/;
const digitGroups = /(?:[A-Z]{2} ?)?\d{2,}(?:[ -]\d{2,}){1,6}/;
const starting = (pattern: RegExp) => new RegExp(`^(?:${pattern.source})(?![\\p{L}\\p{N}])`, "u");
const valuesOf: Record<CodeKind, RegExp[]> = {
	tracking_number: [starting(digitGroups), starting(codeValue)],
	order_number: [starting(codeValue)],
	invoice_number: [starting(codeValue)],
	booking_code: [starting(codeValue), starting(capitals)],
	password: [/^\S{4,63}$/u, /^\S*[\p{N}!?@#$%&*-]\S*/u],
	code: [starting(codeValue), starting(capitals)],
};
const minLength: Record<CodeKind, number> = {
	tracking_number: 8,
	order_number: 4,
	invoice_number: 3,
	booking_code: 5,
	password: 4,
	code: 3,
};

/** Dates, amounts and times begin like codes. */
const otherValue =
	/^(?:\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2}|\d{1,3}[.,]\d{2}|\d+(?:min|h|km|kg|g|ml|%)|(?:19|20)\d{2}$)/i;
const errorCode = /\b(?:error|warning|fehler|erreur)\s+(?<value>[A-Z]{1,4}\d{3,6})\b/giu;

/** Finds codes with a label before them, or where the label of a line stands that is a code alone. */
export function findLabelledCodes(line: PlainText, labels: PlainText[]): FoundCode[] {
	const found: FoundCode[] = [];
	const overlaps = (start: number, end: number) => found.some((each) => each.start < end && start < each.end);
	for (const kind of Object.keys(codeLabels) as CodeKind[]) {
		for (const match of line.plain.matchAll(codeLabels[kind])) {
			const start = match.index + match[0].length;
			if (kind === "code" && isNoCode(line.plain.slice(0, start))) continue;
			if (kind === "password" && !/[:=]|は|为|is|ist|est|es/.test(match.groups?.sign ?? "")) continue;
			const value = valueAt(kind, line.text.slice(start), match.groups?.sign?.trim() ?? "");
			if (value && !overlaps(start, start + value.length)) {
				found.push({ kind, start, end: start + value.length, value: formed(kind, value), unit: null });
			}
		}
	}
	for (const match of line.text.matchAll(errorCode)) {
		const value = match.groups?.value ?? "";
		const start = match.index + match[0].length - value.length;
		if (!overlaps(start, start + value.length))
			found.push({ kind: "code", start, end: start + value.length, value, unit: null });
	}
	if (found.length > 0 || /\p{L}{3}\s\p{L}/u.test(line.text)) return found;
	for (const label of labels) {
		for (const kind of Object.keys(codeLabels) as CodeKind[]) {
			const isWhole = [...label.plain.matchAll(codeLabels[kind])].some(
				({ 0: text, index }) => index + text.length === label.plain.length && index <= 12,
			);
			if (!isWhole || (kind === "code" && isNoCode(label.plain))) continue;
			const text = line.text.trim();
			const value = valueAt(kind, text, ":");
			if (value !== null && value.length >= text.length - 1) {
				return [
					{ kind, start: line.text.indexOf(value), end: line.text.length, value: formed(kind, value), unit: null },
				];
			}
		}
	}
	return found;
}

const noCodeBefore = new RegExp(`${noCodeLabel.source}[^\\p{L}\\p{N}]*$`, "u");
const isNoCode = (before: string) => noCodeBefore.test(before);

function valueAt(kind: CodeKind, text: string, sign: string): string | null {
	for (const pattern of valuesOf[kind]) {
		const value = pattern.exec(text)?.[0].replace(/[.,;]+$/, "");
		if (value === undefined || value.replaceAll(/[^\p{L}\p{N}]/gu, "").length < minLength[kind]) continue;
		if (kind !== "password" && otherValue.test(value)) continue;
		// Capitals may be the next word of a heading.
		if (!/\p{N}/u.test(value) && sign === "" && kind !== "password") continue;
		return value;
	}
	return null;
}

const formed = (kind: CodeKind, value: string) => (kind === "tracking_number" ? compact(value) : value);

const seatValue =
	/^(?:no\.?\s*)?(\d{1,3}\s?[A-Z]?|[A-Z]\s?\d{1,3})(?![\p{L}\p{N}])(?!\s*(?:min|sec|h\b|uhr|€|\$|£|%|[.,]\d))/iu;
const chineseSeat = /(?<=车\s?)\d{1,2}[A-F](?=号)/gu;
const japanesePlatform = /(\d{1,2})(?=番線)/gu;

/** Finds seats, gates and platforms: beside their label, or below it in its column. */
export function findPlaces(line: PlainText, labels: PlainText[]): FoundCode[] {
	const found: FoundCode[] = [];
	const add = (kind: PlaceKind, start: number, value: string) =>
		found.push({ kind, start, end: start + value.length, value: value.replaceAll(/\s/g, ""), unit: null });
	for (const kind of Object.keys(placeLabels) as PlaceKind[]) {
		for (const match of line.plain.matchAll(placeLabels[kind])) {
			const start = match.index + match[0].length;
			const value = seatValue.exec(line.text.slice(start).toUpperCase())?.[1];
			if (value && match[0].length > 0) add(kind, start, value);
		}
		const isBelow = labels.some(({ plain }) => isOnly(plain, placeLabels[kind]));
		const value = isBelow
			? new RegExp(`${seatValue.source}$`, "iu").exec(line.text.trim().toUpperCase())?.[1]
			: undefined;
		if (value && found.length === 0) add(kind, 0, value);
	}
	for (const match of line.text.matchAll(chineseSeat)) add("seat", match.index, match[0]);
	for (const match of line.text.matchAll(japanesePlatform)) add("platform", match.index, match[0]);
	return found;
}

const isOnly = (plain: string, label: RegExp) =>
	[...plain.matchAll(label)].some(({ 0: text, index }) => index === 0 && text.trim().length === plain.trim().length);

/** Codes of airlines as passes have them, by IATA; any two letters before digits may be something else. */
const airlines = anyWord(
	"a3|aa|ac|ae|af|ag|ai|am|ar|as|at|av|ay|az|b6|ba|bg|bi|br|bt|ca|ci|cm|cx|cz|d8|de|dl|dy|ei|ek|en|et|eu|ew|ey|fi|fr|fz|g3|ga|gf|gk|gl|ha|hu|hv|hx|ib|i2|in|iz|ja|jj|jl|jq|ju|ke|kl|km|kq|ku|la|lg|lh|lo|ls|lx|ly|me|mf|mh|ms|mu|mx|my|nh|nk|nz|oa|ok|om|op|os|ou|oz|pc|pg|pk|pr|ps|pw|qf|qr|rj|ro|s7|sa|sk|sl|sn|sq|sr|su|sv|tg|tk|to|tp|tr|tu|tw|u2|ua|ul|uk|ux|uu|va|vn|vs|vy|w6|w9|wb|wf|wn|ws|wy|x3|xq|yt|zh|zl",
);
const airlineFlight = new RegExp(
	`${airlines.replace("(?![\\p{L}\\p{N}])", "")} ?(\\d{2,4})(?![\\p{L}\\p{N}]|[.,:/-]\\d)`,
	"gu",
);
const flightValue = /^([A-Z]{2}|[A-Z]\d|\d[A-Z]) ?(\d{1,4})(?![\p{L}\p{N}])/u;

/** Finds flight numbers on a page about flights: of an airline, or beside or below their label. */
export function findFlights(line: PlainText, labels: PlainText[]): FoundCode[] {
	const found: FoundCode[] = [];
	const add = (start: number, text: string) => {
		if (found.some((each) => each.start <= start && start < each.end)) return;
		found.push({ kind: "flight_number", start, end: start + text.length, value: compact(text), unit: null });
	};
	for (const match of line.plain.matchAll(flightLabel)) {
		const start = match.index + match[0].length;
		const value = flightValue.exec(line.text.slice(start));
		if (value) add(start, value[0]);
	}
	if (labels.some(({ plain }) => isOnly(plain, flightLabel))) {
		const value = flightValue.exec(line.text.trim());
		if (value) add(line.text.indexOf(value[0]), value[0]);
	}
	for (const match of line.plain.matchAll(airlineFlight)) {
		const text = line.text.slice(match.index, match.index + match[0].length);
		if (text === text.toUpperCase()) add(match.index, text);
	}
	return found;
}

/** Returns where the label of a line may stand, in the order of their likelihood. */
export const labelsOf = ({ left, above }: FactLine): string[] => [left, above].filter((text) => text !== undefined);
