import { findDates } from "./dates.ts";
import type { QuestionKind } from "./question.ts";
import { normalize } from "./tokens.ts";

const currency = "[€$£¥₹₩₽₺₪฿₫₴]|\\b(?:eur|usd|gbp|chf|jpy|dkk|sek|nok|pln|czk|aud|cad)\\b";
const currencyName =
	"[€$£¥₹₩₽₺₪฿₫₴]|(?:eur|usd|gbp|chf|jpy|dkk|sek|nok|pln|czk|aud|cad|euros?|pounds?|dollars?|quid|kr|zł|tl|yen|francs?)\\b|[円元원]";
const money = new RegExp(`(?:${currency})\\s?-?\\d|\\d[\\d.,' ]*\\s?(?:${currencyName})`, "iu");
const decimal = /(?<![\d.,:/-])\d{1,3}(?:[.,' ]?\d{3})*[.,]\d{2}(?![\d.,:/%-]|\s?(?:h|uhr|am|pm)\b)/iu;
/** A price or, as `9.10`, a time of day. */
const timeLikeDecimal = /(?<![\d.,])(?:[01]?\d|2[0-3])\.[0-5]\d(?![\d.,])/;
const number = /\d/;
const numberWord =
	/\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twice|once|dozen|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|deux|trois|quatre|cinq|sept|huit|neuf|dix|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|daily|weekly|täglich)\b/iu;
const unitOfTime =
	"(?:s|secs?|seconds?|min|mins|minutes?|minuten|minutos?|h|hrs?|hours?|std|stunden?|heures?|horas?|d|days?|tage?n?|jours?|d[íi]as?|weeks?|wks?|wochen?|semaines?|semanas?|months?|monate?n?|mois|meses|years?|yrs?|jahre?n?|ans?|años?)(?![\\p{L}\\p{N}])";
const duration = new RegExp(
	`\\d\\s?(?:-\\s?)?${unitOfTime}|\\d+h\\d{2}|\\d\\s?(?:分|時間|日間|週間|ヶ月|年)|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half an?|quarters? of an|zwei|drei|vier|deux|trois|dos|tres)[\\s-]${unitOfTime}`,
	"iu",
);
const frequency =
	/\b(?:once|twice|daily|weekly|monthly|yearly|hourly|every|each|times|täglich|wöchentlich|monatlich|alle|jeden|[OBTQ]DS?|chaque|tous|toutes|par|cada|diario|veces)\b|\d\s?(?:x|×|times|mal|fois|veces|回)|\/(?:day|week|д|d)\b/iu;
const temperature = /\d\s?(?:°|º|degrees?|grad\b|degrés)/iu;
const clockTime =
	/(?<![\d.,:])(?:[01]?\d|2[0-4])[:.h][0-5]\d(?![\d:]|[.,]\d|\s?\/)|(?<![\d.,])\d{1,2}\s?(?:am|pm|a\.m|p\.m|uhr|h|o'clock)(?![\p{L}\p{N}])|\d{1,2}時|\b(?:noon|midnight|mittags?|mitternacht)\b/iu;
/** Not `1/2`, which counts. */
const dayAndMonth = /(?<![\d/.,])(?!\d\/\d(?!\d))(?:0?[1-9]|[12]\d|3[01])\/(?:0?[1-9]|1[0-2])(?![\d/])/;
const dayName =
	/\b(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim)\b(?=[.,]?\s+\d)|\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|tomorrow|today|tonight|yesterday|morgen|heute|demain|mañana)\b|[月火水木金土日]曜/iu;
const placeWord =
	/\b(?:room|zone|row|bay|level|floor|hall|gate|platform|screen|unit|street|road|rd|avenue|ave|lane|close|square|court|terrace|station|house|church|park|raum|zimmer|etage|halle|bahnhof|rue|salle|place|gare|calle|plaza|avenida|sala|estación)\b|\p{L}{3,}(?:straße|strasse|str\.|straat|gasse|platz|weg|kade|allee)\b/iu;
const address =
	/\p{Lu}\p{Ll}[\p{L}'.-]{2,}\s\d{1,4}\s?[a-z]?(?![\p{N}:/]|[.,]\d)|(?<![\p{N}.,:/-])\d{1,4}\s\p{Lu}\p{L}{2,}\s\p{Lu}\p{L}+|\b[A-Z]{2}\s\d{4}\s\d{4}\b/u;
const inPlace =
	/\b(?:at|in|near|under|behind|beside|inside|opposite|next to|outside|from|bei|beim|im|in der|neben|unter|hinter|chez|au|à la|dans|près de|en|cerca de|junto a)\s+(?:the |a |an |my |our |der |die |dem |den |la |el |le )?\p{L}{3,}/iu;
const title = /\b(?:dr|mr|mrs|ms|mx|prof|herr|frau|mme|mlle|sr|sra|sig|mevr|aunt|uncle|tante|onkel)\.?\s+\p{Lu}/iu;
const fullName = /(?<!\p{L})\p{Lu}(?:\p{Ll}+|\.)(?:[\s'-](?:v[ao]n |de )?\p{Lu}(?:[\p{Ll}']+\p{L}*|\.)){1,2}(?!\p{L})/u;
const properName = /(?<=[\p{L}\p{N},:;–—-]\s)\p{Lu}\p{Ll}{2,}/u;
const phone = /(?:\+|\b0|\b\()\d[\d\s()/.-]{6,}\d/;
const email = /[\w.+-]+@[\w-]+\.[\w.-]+/;
const link = /\bhttps?:\/\/\S+|\bwww\.\S+|\b[\w-]+(?:\.[\w-]+)+\/\S+/i;
/** A word with a digit in it, or digits in groups. */
const mixedToken =
	/(?<![\p{L}\p{N}])(?=[\p{L}\p{N}._/+#!-]*\p{N})(?=[\p{L}\p{N}._/+#!-]*\p{L})[\p{L}\p{N}][\p{L}\p{N}._/+#!-]{1,}/u;
const digitGroup = /\d{4,}|\d{2,}(?:[ -]\d{2,})+|\d+(?:\.\d+){2,}|\p{L}+(?:-\p{L}+)*-\d+/u;
const labelled = /[\p{L}\p{N})]\s?[:=#]\s?\S{3,}/u;

/**
 * Measures how surely a text has a fact of this kind, 0 to 1: an amount of money, a date, a name. Any text may answer a
 * question for a `thing`, or with yes or no.
 */
export function evidenceOf(kind: QuestionKind, raw: string): number {
	const text = normalize(raw);
	const has = (pattern: RegExp) => pattern.test(text);
	switch (kind) {
		case "amount":
			return has(money) ? 1 : has(decimal) ? (has(timeLikeDecimal) ? 0.6 : 0.8) : has(number) ? 0.25 : 0;
		case "count":
			return has(number) ? (isOnlyDate(text) ? 0.3 : isOnlyDuration(text) ? 0.5 : 1) : has(numberWord) ? 0.9 : 0;
		case "duration":
			return has(duration) ? 1 : 0;
		case "frequency":
			return has(frequency) ? 1 : 0;
		case "temperature":
			return has(temperature) ? 1 : 0;
		case "date":
			return dateEvidence(text);
		case "time":
			return !has(clockTime) ? 0 : isHeader(text) && findDates(text).length === 0 ? 0.3 : 1;
		case "place":
			return placeEvidence(withoutDates(text));
		case "person":
			return personEvidence(withoutDates(text));
		case "phone":
			return has(phone) ? 1 : 0;
		case "email":
			return has(email) ? 1 : 0;
		case "link":
			return has(link) ? 1 : 0;
		case "code":
			return has(mixedToken) || has(digitGroup) ? 1 : has(labelled) ? 0.9 : has(number) ? 0.7 : 0;
		case "version":
			return has(/(?<![\d.])v?\d+(?:\.\d+)+(?!\d)/i) ? 1 : 0;
		case "yes_no":
		case "thing":
			return 1;
	}
}

function dateEvidence(text: string): number {
	const precise = findDates(text).some(({ readings: [first] }) => first?.day !== undefined);
	if (precise) return /\p{L}/u.test(text) ? 1 : 0.7;
	if (dayAndMonth.test(text)) return 0.8;
	if (findDates(text).some(({ readings: [first] }) => first?.month !== undefined)) return 0.8;
	if (dayName.test(text)) return 0.7;
	// "When is check in?"
	if (clockTime.test(text) && !isHeader(text)) return 0.5;
	return /\b(?:19|20)\d{2}\b/.test(text) ? 0.4 : 0;
}

function personEvidence(text: string): number {
	if (title.test(text)) return 1;
	return fullName.test(text) ? 0.9 : /:\s?\p{Lu}\p{L}+/u.test(text) ? 0.8 : properName.test(text) ? 0.6 : 0;
}

function placeEvidence(text: string): number {
	if (address.test(text)) return 1;
	return placeWord.test(text) ? 0.9 : inPlace.test(text) ? 0.6 : properName.test(text) ? 0.3 : 0;
}

const allClockTimes = new RegExp(clockTime, "giu");
const allDurations = new RegExp(`\\d[\\d.,]*\\s?${unitOfTime}`, "giu");
const allDayNames = new RegExp(dayName, "giu");

/** Removes dates, days and times of day. */
function withoutDates(text: string): string {
	// A day is one before the number of its date only.
	let rest = text.replaceAll(allDayNames, (day) => " ".repeat(day.length));
	for (const { start, end } of findDates(rest).reverse()) rest = `${rest.slice(0, start)} ${rest.slice(end)}`;
	return rest.replaceAll(allClockTimes, " ");
}

/** True where every digit of a text belongs to a date or a time of day. */
const isOnlyDate = (text: string) => !number.test(withoutDates(text));

/** True where every digit of a text belongs to a length of time. */
const isOnlyDuration = (text: string) => !number.test(withoutDates(text).replaceAll(allDurations, " "));

/** True for a line that has a date or a time and nothing else, as above a message or on a receipt. */
const isHeader = (text: string) =>
	!/\p{L}{3}|\d{3}|[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}]{2}/u.test(withoutDates(text));
