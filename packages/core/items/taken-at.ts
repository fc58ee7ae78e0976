/** When a picture was taken, by the clock of whoever took it. */
export interface TakenAt {
	/** Where no offset is known, `local` as if it were UTC. */
	instant: Date;
	/** The time that clock showed, as `2024-03-01T10:22:33`. Days and months are counted by it. */
	local: string;
	/** How far `local` is ahead of UTC, as `+09:00`; null where unknown. */
	offset: string | null;
	source: TakenAtSource;
}

export const takenAtSources = ["exif", "filename", "user"] as const;
export type TakenAtSource = (typeof takenAtSources)[number];

/** Writes a time, read as UTC, as `TakenAt.local` is written. */
export const localText = (time: Date): string => time.toISOString().slice(0, 19);

const years = { first: 1900, last: 2099 };

/**
 * Makes a time of `2024-03-01T10:22:33` and an offset.
 * @returns null where the calendar has no such day, the clock no such time, or the year is no year of a photo
 */
export function takenAt(local: string, offset: string | null, source: TakenAtSource): TakenAt | null {
	const asUtc = new Date(`${local}Z`);
	// JavaScript makes 1 March of 30 February.
	if (Number.isNaN(asUtc.getTime()) || asUtc.toISOString().slice(0, 19) !== local) return null;
	const year = asUtc.getUTCFullYear();
	if (year < years.first || year > years.last) return null;
	const instant = new Date(`${local}${offset ?? "Z"}`);
	if (Number.isNaN(instant.getTime())) return { instant: asUtc, local, offset: null, source };
	return { instant, local, offset, source };
}

/** A date, or a time with or without seconds, their fraction and an offset. */
const writtenTime = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?)?$/i;

/**
 * Reads the time that a person says, such as `2024-03-01T10:22:33` or `2024-03-01T10:22+09:00`; a date alone is its midnight.
 * @returns null where it is no such time
 */
export function takenAtOfPerson(text: string): TakenAt | null {
	const [, day, minutes = "00:00", seconds = ":00", offsetText = null] = writtenTime.exec(text.trim()) ?? [];
	const offset = offsetText?.toUpperCase() === "Z" ? "+00:00" : offsetText;
	const time = takenAt(`${day}T${minutes}${seconds}`, offset, "user");
	return time?.offset === offset ? time : null;
}

/** Two digits of each: year, month, day, hour, minute, second. Separators are those that devices and apps write. */
const dateAndTime =
	/(?<!\d)(20\d\d)([-_.]?)(\d\d)\2(\d\d)(?:[-_T ]|\.(?=\d)| (?:at|um|à|a las|kl\.|om|alle|klo|às) )(\d\d?)([-.:_h]?)(\d\d)\6(\d\d)(?:\d{3}|[-_.]\d{2,4})?(?!\d)(?:\s*([ap])\.?m\b)?/iu;
/** WhatsApp's own names of media say the day alone. */
const dayOfWhatsApp = /^(?:IMG|VID|STK)-(20\d\d)(\d\d)(\d\d)-WA\d+/i;

/**
 * Reads the time that devices and apps write into file names, such as `Screenshot 2024-03-01 at 10.22.33.png`,
 * `IMG_20240301_102233.jpg`, `PXL_20240301_102233123.jpg` (in UTC), `signal-2024-03-01-10-22-33-123.jpg`, and
 * `IMG-20240301-WA0001.jpg`, whose time is midnight since it says the day alone.
 * @returns null where the name has no such time, or one after `now` by more than a day
 */
export function takenAtOfFilename(filename: string, now: Date): TakenAt | null {
	const name = filename.replaceAll(/\s/gu, " "); // macOS writes a narrow space before AM and PM
	const [, whatsAppYear, whatsAppMonth, whatsAppDay] = dayOfWhatsApp.exec(name) ?? [];
	const [, year, , month, day, hour = "", , minute, second, half] = dateAndTime.exec(name) ?? [];
	const local = whatsAppYear
		? `${whatsAppYear}-${whatsAppMonth}-${whatsAppDay}T00:00:00`
		: `${year}-${month}-${day}T${hourOf24(hour, half)}:${minute}:${second}`;
	const isUtc = /^PXL_/i.test(name);
	const found = takenAt(local, isUtc ? "+00:00" : null, "filename");
	const latest = now.getTime() + 24 * 3_600_000;
	return found && found.instant.getTime() <= latest ? found : null;
}

function hourOf24(hour: string, half: string | undefined): string {
	if (!half) return hour.padStart(2, "0");
	const isAfternoon = half.toLowerCase() === "p";
	return String((Number(hour) % 12) + (isAfternoon ? 12 : 0)).padStart(2, "0");
}
