const grouped = /^\d{1,3}(?:[.,']\d{3})+$/;
const version = /^\d+(?:\.\d+){2,}$/;

/**
 * Returns the numbers that digits with separators may mean, each in one form: `12,99` and `12.99` are `12.99`. Either
 * separator may be the decimal one; `12,345` is 12345 and 12.345. Several dots that group nothing, as in an
 * address or a version, stay.
 *
 * @param text digits and single `.`, `,` or `'` between them
 */
export function numberForms(text: string): string[] {
	if (grouped.test(text)) {
		const whole = text.replaceAll(/[.,']/g, "");
		const parts = text.split(/[.,]/);
		return parts.length === 2 && !text.startsWith("0") ? [whole, decimal(parts[0] ?? "", parts[1] ?? "")] : [whole];
	}
	if (version.test(text)) return [text];
	const point = Math.max(text.lastIndexOf("."), text.lastIndexOf(","));
	if (point < 0) return [text.replaceAll("'", "")];
	const whole = text.slice(0, point);
	if (/[.,']/.test(whole) && !grouped.test(whole)) return [text];
	return [decimal(whole.replaceAll(/[.,']/g, ""), text.slice(point + 1))];
}

function decimal(whole: string, fraction: string): string {
	const digits = fraction.replace(/0+$/, "");
	return digits ? `${whole}.${digits}` : whole;
}

/** Returns the part of a decimal before the point, as a person may remember an amount; null for a whole number. */
export function wholePart(form: string): string | null {
	return /^(\d+)\.\d+$/.exec(form)?.[1] ?? null;
}

const currencies: Record<string, string> = {
	"€": "eur",
	euro: "eur",
	euros: "eur",
	$: "usd",
	dollar: "usd",
	dollars: "usd",
	"£": "gbp",
	"¥": "jpy",
	yen: "jpy",
	円: "jpy",
	元: "cny",
	yuan: "cny",
	"₹": "inr",
	rupee: "inr",
	rupees: "inr",
	"₩": "krw",
	"₽": "rub",
	"₺": "try",
	"₪": "ils",
	"฿": "thb",
	"₫": "vnd",
	"₴": "uah",
	zł: "pln",
};

/** Returns the ISO 4217 code, in lower case, of a currency's sign or name; null for anything else. */
export function currencyOf(text: string): string | null {
	return Object.hasOwn(currencies, text) ? (currencies[text] ?? null) : null;
}
