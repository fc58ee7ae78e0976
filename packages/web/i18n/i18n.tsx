import { createContext, type ReactNode, startTransition, useContext, useEffect, useMemo, useState } from "react";
import { type Catalog, en, type Key } from "./en.ts";
import { type Locale, locales, preferredLocale, translate, type Values } from "./translate.ts";

const key = "collections.locale";

const catalogs: Record<Locale, () => Promise<Catalog>> = {
	en: () => Promise.resolve(en),
	de: async () => (await import("./de.ts")).de,
	ja: async () => (await import("./ja.ts")).ja,
};

const deferred: Record<Locale, () => Promise<{ deferred: Partial<Catalog> }>> = {
	en: () => import("./en-deferred.ts"),
	de: () => import("./de-deferred.ts"),
	ja: () => import("./ja-deferred.ts"),
};

interface Language {
	locale: Locale;
	setLocale(locale: Locale): void;
	t(key: Key, values?: Values): string;
}

const LanguageContext = createContext<Language | null>(null);

/** The language chosen here, else the browser's. */
export function storedLocale(): Locale {
	const chosen = localStorage.getItem(key);
	return locales.find((locale) => locale === chosen) ?? preferredLocale(navigator.languages);
}

export const loadCatalog = (locale: Locale): Promise<Catalog> => catalogs[locale]();

export function LanguageProvider({ children, initial }: { children: ReactNode; initial: [Locale, Catalog] }) {
	const [[locale, catalog], setLanguage] = useState(initial);
	useEffect(() => {
		document.documentElement.lang = locale;
		let isCurrent = true;
		void deferred[locale]().then((more) => {
			if (!isCurrent) return;
			// It renders every text anew, which the page's first pictures must not wait for.
			startTransition(() => setLanguage(([chosen, loaded]) => [chosen, { ...loaded, ...more.deferred }]));
		});
		return () => {
			isCurrent = false;
		};
	}, [locale]);
	const language = useMemo<Language>(
		() => ({
			locale,
			t: (key, values) => translate(catalog, locale, key, values),
			setLocale(chosen) {
				localStorage.setItem(key, chosen);
				void Promise.all([loadCatalog(chosen), deferred[chosen]()]).then(([first, more]) =>
					setLanguage([chosen, { ...first, ...more.deferred }]),
				);
			},
		}),
		[locale, catalog],
	);
	return <LanguageContext value={language}>{children}</LanguageContext>;
}

export function useLanguage(): Language {
	const language = useContext(LanguageContext);
	if (!language) throw new Error("LanguageProvider is missing.");
	return language;
}
