const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** Writes a size in the largest unit of which it has at least one: `3.4 MB`. */
export function formatBytes(bytes: number, locale: string): string {
	const step = bytes < 1_000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
	const value = bytes / 1_000 ** step;
	return new Intl.NumberFormat(locale, {
		style: "unit",
		unit: units[step],
		unitDisplay: "short",
		maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
	}).format(value);
}

/** Writes a day, and the time where it matters. */
export function formatDate(iso: string, locale: string, style: "day" | "month" | "time" = "day"): string {
	// Local times of a camera have no zone: they are read, and written, as this one's.
	const date = new Date(iso);
	const options: Intl.DateTimeFormatOptions =
		style === "month"
			? { year: "numeric", month: "long" }
			: style === "day"
				? { dateStyle: "medium" }
				: { dateStyle: "medium", timeStyle: "short" };
	return new Intl.DateTimeFormat(locale, options).format(date);
}

/** Writes how long ago something was: `3 hours ago`. */
export function formatAgo(iso: string, locale: string, now = Date.now()): string {
	const seconds = (new Date(iso).getTime() - now) / 1_000;
	const steps: [Intl.RelativeTimeFormatUnit, number][] = [
		["day", 86_400],
		["hour", 3_600],
		["minute", 60],
	];
	const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
	for (const [unit, size] of steps) {
		if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
	}
	return format.format(0, "second");
}
