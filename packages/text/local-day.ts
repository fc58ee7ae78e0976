const dayMs = 86_400_000;

/** Returns the day of a time, as `2026-03-01`, where clocks show this time zone. */
export const localDay = (time: Date, timeZone = "UTC"): string => localTime(time, timeZone).toISOString().slice(0, 10);

/** Returns the first instant of a day where clocks show this time zone. */
export function startOfDay(day: string, timeZone = "UTC"): Date {
	const midnight = Date.parse(`${day}T00:00:00Z`);
	const offsetAt = (instant: number) => localTime(new Date(instant), timeZone).getTime() - instant;
	// The offset of the day before holds until clocks are changed, where a day may begin at 01:00.
	const guess = new Date(midnight - offsetAt(midnight - dayMs));
	const isFirst = localDay(guess, timeZone) === day && localDay(new Date(guess.getTime() - 1), timeZone) !== day;
	return isFirst ? guess : new Date(midnight - offsetAt(midnight + dayMs));
}

export const nextDay = (day: string): string =>
	new Date(Date.parse(`${day}T00:00:00Z`) + dayMs).toISOString().slice(0, 10);

/** The time that clocks show, as if it were UTC. */
function localTime(time: Date, timeZone: string): Date {
	const parts = new Intl.DateTimeFormat("en", {
		timeZone,
		hourCycle: "h23",
		...{ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" },
	}).formatToParts(time);
	const part = (name: Intl.DateTimeFormatPartTypes) => Number(parts.find(({ type }) => type === name)?.value);
	const shown = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
	return new Date(shown + (time.getTime() % 1_000));
}
