import type { Catalog, Key } from "./en.ts";
import type { Message } from "./message.ts";

export const locales = ["en", "de", "ja"] as const;
export type Locale = (typeof locales)[number];

export type Values = Record<string, string | number>;

/** Returns the message with its values; `count` chooses the plural form. Numbers are written as the locale does. */
export function translate(catalog: Catalog, locale: Locale, key: Key, values: Values = {}): string {
	const message: Message | undefined = catalog[key];
	// Its part of the catalog is on the way.
	if (message === undefined) return "";
	const text = typeof message === "string" ? message : formOf(message, locale, Number(values.count));
	return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
		const value = values[name];
		if (value === undefined) return placeholder;
		return typeof value === "number" ? value.toLocaleString(locale) : value;
	});
}

function formOf(message: Exclude<Message, string>, locale: Locale, count: number): string {
	return message[new Intl.PluralRules(locale).select(count)] ?? message.other;
}

/** The first of the person's languages that the app speaks. */
export function preferredLocale(languages: readonly string[]): Locale {
	for (const language of languages) {
		const found = locales.find((locale) => language.toLowerCase().split("-")[0] === locale);
		if (found) return found;
	}
	return "en";
}
