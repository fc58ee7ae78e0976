import { localDay } from "#text/local-day.ts";
import type { Profile } from "./profile.ts";

/** Tells a model the person's day, on which "last week" depends, and their language, where it is known. */
export function aboutPerson({ timeZone, language }: Pick<Profile, "timeZone" | "language">, now: Date): string {
	const zone = timeZone ?? "UTC";
	const weekday = new Intl.DateTimeFormat("en", { weekday: "long", timeZone: zone }).format(now);
	const today = `Today is ${localDay(now, zone)} (${zone}), a ${weekday}.`;
	return language ? `${today} The person's own language is ${language}: use it where theirs is not clear.` : today;
}

/** Reads the day out of instructions that `aboutPerson` is a part of; null where they say none. */
export function todayIn(instructions: string): Date | null {
	const [, day] = /\bToday is (\d{4}-\d\d-\d\d) \(/.exec(instructions) ?? [];
	return day ? new Date(`${day}T12:00:00Z`) : null;
}
