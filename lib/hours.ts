/** The hours of a day in which a database runs. */
export interface Hours {
	/** `08:00` */
	from: string;
	to: string;
	/** As in the tz database. */
	timezone: string;
	days: "weekdays" | "every day";
}

const day = 24 * 60;

/** Minutes that RDS may take to start the database, before anything needs it. */
export const startDelay = 20;

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
export function middleInUtc({ from, to, timezone }: Omit<Hours, "days">): { hour: number; minute: number } {
	const middle = (minutesOf(from) + minutesOf(to)) / 2 - aheadOfUtc(timezone, "2026-01-01");
	const minutes = timeOfDay(Math.floor(middle));
	return { hour: Math.floor(minutes / 60), minute: minutes % 60 };
}

/**
 * Returns half an hour of each day for RDS's backup, and the next one on a Tuesday for its maintenance, in UTC as RDS writes
 * them. They are within the hours, after the start, in summer and in winter. In UTC a Tuesday is a weekday in every time zone.
 */
export function windowsInUtc({ from, timezone }: Pick<Hours, "from" | "timezone">): {
	backup: string;
	maintenance: string;
} {
	// Where clocks change, the hours begin earlier in UTC for a part of the year: the later begin is within both.
	const ahead = Math.min(aheadOfUtc(timezone, "2026-01-01"), aheadOfUtc(timezone, "2026-07-01"));
	const backup = timeOfDay(minutesOf(from) + startDelay - ahead);
	const maintenance = timeOfDay(backup + 30);
	const end = timeOfDay(maintenance + 30);
	return {
		backup: `${clockTime(backup)}-${clockTime(maintenance)}`,
		maintenance: `tue:${clockTime(maintenance)}-${end < maintenance ? "wed" : "tue"}:${clockTime(end)}`,
	};
}

/** Returns the minutes by which a time zone is ahead of UTC on a date. */
function aheadOfUtc(timezone: string, date: string): number {
	const noon = new Date(`${date}T12:00:00Z`);
	// In Swedish a time is written as ISO does, but for the T.
	const localTime = noon.toLocaleString("sv", { timeZone: timezone }).replace(" ", "T");
	return (Date.parse(`${localTime}Z`) - noon.getTime()) / 60_000;
}

/** Returns minutes from a midnight as those from the one before. */
const timeOfDay = (minutes: number) => (minutes + 2 * day) % day;

const clockTime = (minutes: number) =>
	[Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");

/** Names the next time that the database starts (`from`) or stops (`to`) by its hours. */
export function nextOf(end: "from" | "to", hours: Hours): string {
	return `the next ${hours[end]} (${hours.timezone})${hours.days === "weekdays" ? " of a weekday" : ""}`;
}
