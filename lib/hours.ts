/** The hours of a day in which a database runs. */
export interface Hours {
	/** `08:00` */
	from: string;
	to: string;
	/** As in the tz database. */
	timezone: string;
}

const day = 24 * 60;

/** Returns the minutes from midnight to a time such as `07:30`. */
export function minutesOf(time: string): number {
	const [hours = 0, minutes = 0] = time.split(":").map(Number);
	return hours * 60 + minutes;
}

/** Returns whether a time zone has this name. */
export function isTimezone(name: string): boolean {
	try {
		return new Intl.DateTimeFormat("en", { timeZone: name }) !== null;
	} catch {
		return false; // it throws a RangeError for unknown names alone
	}
}

/**
 * Returns the middle of the hours in UTC, in which EventBridge's rules reckon. Where clocks change, it is an hour from the
 * middle for a part of the year.
 */
export function middleInUtc({ from, to, timezone }: Hours): { hour: number; minute: number } {
	const noon = new Date("2026-01-01T12:00:00Z");
	const there = noon.toLocaleTimeString("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit" });
	const offset = minutesOf(there) - minutesOf("12:00");
	const middle = (minutesOf(from) + minutesOf(to)) / 2 - offset;
	const minutes = Math.floor(middle + day) % day;
	return { hour: Math.floor(minutes / 60), minute: minutes % 60 };
}
