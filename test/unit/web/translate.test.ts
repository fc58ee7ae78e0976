import { expect, test } from "vitest";
import { de } from "#web/i18n/de.ts";
import { deferred as deferredDe } from "#web/i18n/de-deferred.ts";
import { en } from "#web/i18n/en.ts";
import { deferred as deferredEn } from "#web/i18n/en-deferred.ts";
import { ja } from "#web/i18n/ja.ts";
import { deferred as deferredJa } from "#web/i18n/ja-deferred.ts";
import type { Message } from "#web/i18n/message.ts";
import { preferredLocale, translate } from "#web/i18n/translate.ts";

test("count chooses the plural form, and numbers are written as the locale does", () => {
	expect(translate(en, "en", "library.count", { count: 1 })).toBe("1 item");
	expect(translate(en, "en", "library.count", { count: 20_000 })).toBe("20,000 items");
	expect(translate(de, "de", "library.count", { count: 20_000 })).toBe("20.000 Bilder");
	expect(translate(ja, "ja", "library.count", { count: 2 })).toBe("2件");
});

test("a value with braces or dollar signs is written as it is", () => {
	expect(translate(en, "en", "upload.remove", { name: "{count} $& <b>" })).toBe("Remove {count} $& <b>");
});

const placeholders = (message: Message) => [...new Set(JSON.stringify(message).match(/\{[a-z]+\}/g))].sort().join();

const others = [
	{ ...de, ...deferredDe },
	{ ...ja, ...deferredJa },
];

test.each(Object.entries<Message>({ ...en, ...deferredEn }))(
	"%s names the same values in every language",
	(key, message) => {
		for (const other of others) {
			expect(placeholders((other as Record<string, Message>)[key] ?? "")).toBe(placeholders(message));
		}
	},
);

test("the first of a person's languages that the app speaks is chosen", () => {
	expect(preferredLocale(["fr-FR", "de-AT", "en"])).toBe("de");
	expect(preferredLocale(["fr"])).toBe("en");
});
