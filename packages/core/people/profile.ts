/** A person's own words about themselves; null where there are none. */
export interface Profile {
	displayName: string | null;
	/** BCP 47, in its canonical form: `pt-BR`. */
	language: string | null;
	/** As in the tz database: `Europe/Berlin`. */
	timeZone: string | null;
}

/** Returns a language tag in its canonical form; null where it is malformed, or names no language. */
export function canonicalLanguage(tag: string): string | null {
	try {
		const [canonical = ""] = Intl.getCanonicalLocales(tag);
		const { language } = new Intl.Locale(canonical);
		const name = new Intl.DisplayNames("en", { type: "language", fallback: "none" }).of(language);
		return name === undefined ? null : canonical;
	} catch (error) {
		if (error instanceof RangeError) return null;
		throw error;
	}
}

/** Returns the name of a time zone with its own capitals; null where there is none of the name. */
export function canonicalTimeZone(name: string): string | null {
	// An offset such as +01:00 knows no summer time.
	if (!/^[a-z]/i.test(name)) return null;
	try {
		const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
		// The runtime may answer with another name of the zone: the person keeps theirs.
		return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name;
	} catch (error) {
		if (error instanceof RangeError) return null;
		throw error;
	}
}
