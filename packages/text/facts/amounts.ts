import type { Found } from "./fact.ts";

const signs: Record<string, string> = {
	"€": "EUR",
	"£": "GBP",
	$: "USD",
	us$: "USD",
	ca$: "CAD",
	c$: "CAD",
	a$: "AUD",
	au$: "AUD",
	nz$: "NZD",
	hk$: "HKD",
	s$: "SGD",
	mx$: "MXN",
	r$: "BRL",
	nt$: "TWD",
	"¥": "JPY",
	"₹": "INR",
	"₩": "KRW",
	"₽": "RUB",
	"₺": "TRY",
	"₪": "ILS",
	"฿": "THB",
	"₫": "VND",
	"₴": "UAH",
	円: "JPY",
	元: "CNY",
	원: "KRW",
	zł: "PLN",
	zl: "PLN",
	kc: "CZK",
	kr: "kr",
	euro: "EUR",
	euros: "EUR",
	dollar: "USD",
	dollars: "USD",
	pounds: "GBP",
	yen: "JPY",
	rmb: "CNY",
	"fr.": "CHF",
	sfr: "CHF",
};
const codes =
	"eur|usd|gbp|chf|jpy|cny|dkk|sek|nok|pln|czk|huf|ron|aud|nzd|cad|mxn|brl|inr|krw|twd|hkd|sgd|thb|try|zar|aed";

const before = `(?:${codes})(?![a-z])|(?:us|ca|c|au|a|nz|hk|s|mx|r|nt)?\\$|[€£¥₹₩₽₺₪฿₫₴]|sfr|fr\\.`;
const after = `[€$£¥₹₩₽₺₪฿₫₴円元원]|(?:${codes}|euros?|dollars?|pounds|yen|rmb|zł|zl|kc|kr|sfr|fr\\.)(?!\\p{L})`;
const number = "\\d{1,3}(?:[.,' ]\\d{3})+(?:[.,]\\d{1,2})?(?!\\d)|\\d{1,9}(?:[.,]\\d{1,2})?(?!\\d)";
const withCurrency = new RegExp(
	`(?<![\\p{L}\\p{N}])(?<unit>${before})\\s{0,2}(?<number>${number})(?:\\s?(?<second>[円元€]))?|(?<![\\d.,:/-])(?<last>${number})(?:,-|\\.-|,--)?\\s{0,2}(?<lastUnit>${after})`,
	"gu",
);
const bare = /(?<![\d.,:/-])\d{1,3}(?:[., ']?\d{3})*[.,]\d{2}(?![\d:/-]|[.,]\d|\s?%)/gu;
const bareWhole = /(?<![\d.,:/-])\d{1,3}(?:,?\d{3})*(?![\d:/-]|[.,]\d|\s?%)/gu;

/** Finds the amounts of money that are written with their currency. */
export function findAmounts(plain: string): Found[] {
	return [...plain.matchAll(withCurrency)].map((match) => {
		const { unit, number = "", second, last, lastUnit } = match.groups ?? {};
		return {
			start: match.index,
			end: match.index + match[0].length,
			value: decimal(last ?? number),
			unit: currencyCode(second ?? unit ?? lastUnit ?? ""),
		};
	});
}

/** Finds numbers that are amounts where a label says so: with cents, and whole ones of currencies without. */
export function findBareAmounts(plain: string, unit: string | null): Found[] {
	const pattern = unit === "JPY" || unit === "KRW" ? bareWhole : bare;
	return [...plain.matchAll(pattern)].map((match) => ({
		start: match.index,
		end: match.index + match[0].length,
		value: decimal(match[0]),
		unit,
	}));
}

const currencyCode = (sign: string) => signs[sign] ?? sign.toUpperCase();

/** Returns a number with a decimal point and no other separator. */
function decimal(text: string): string {
	const [, whole = text, cents] = /^(.*)[.,](\d{1,2})$/.exec(text) ?? [];
	const digits = whole.replaceAll(/\D/g, "");
	return cents === undefined ? digits : `${digits}.${cents}`;
}
