/** Days, with or without a year (`--06-14`), are written as the person's language does; anything else as the picture has it. */
export function factText(value: string, locale: string): string {
	const [, year, day] = /^(\d{4}|-)-(\d{2}-\d{2})$/.exec(value) ?? [];
	// A leap year, so that a day without a year may be 29 February.
	const date = new Date(`${year === "-" ? "2024" : year}-${day}`);
	if (!year || Number.isNaN(date.getTime())) return value;
	const style: Intl.DateTimeFormatOptions = year === "-" ? { day: "numeric", month: "long" } : { dateStyle: "medium" };
	// It has no zone: in another than UTC it could be the day before.
	return new Intl.DateTimeFormat(locale, { ...style, timeZone: "UTC" }).format(date);
}
