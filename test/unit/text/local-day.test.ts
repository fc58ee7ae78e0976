import { expect, it } from "vitest";
import { localDay, nextDay, startOfDay } from "#text/local-day.ts";

it.each([
	["2026-06-10", "UTC", "2026-06-10T00:00:00Z"],
	["2026-06-10", "Europe/Berlin", "2026-06-09T22:00:00Z"],
	["2026-06-10", "Asia/Kolkata", "2026-06-09T18:30:00Z"],
	["2026-06-10", "America/Los_Angeles", "2026-06-10T07:00:00Z"],
	// The days on which clocks are changed.
	["2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00Z"],
	["2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00Z"],
	["2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00Z"],
	["2026-10-26", "Europe/Berlin", "2026-10-25T23:00:00Z"],
	// Clocks are changed at midnight: the day begins at 01:00.
	["2026-09-06", "America/Santiago", "2026-09-06T04:00:00Z"],
	["2026-12-31", "Pacific/Kiritimati", "2026-12-30T10:00:00Z"],
])("%s begins in %s at %s", (day, timeZone, instant) => {
	expect(startOfDay(day, timeZone)).toEqual(new Date(instant));
	expect(localDay(startOfDay(day, timeZone), timeZone)).toBe(day);
	expect(localDay(new Date(startOfDay(nextDay(day), timeZone).getTime() - 1), timeZone)).toBe(day);
});
