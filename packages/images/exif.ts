import readExif from "exif-reader";

/** What a camera wrote into the file. Position is never read. */
export interface Exif {
	takenAt: Date | null;
	camera: string | null;
}

/** Reads EXIF leniently: what is missing or broken is null, since a photo without a date is still a photo. */
export function parseExif(exif: Buffer | undefined): Exif {
	try {
		const { Image, Photo } = readExif(exif ?? Buffer.alloc(0));
		return {
			takenAt: takenAt(Photo?.DateTimeOriginal, Photo?.OffsetTimeOriginal),
			camera: camera(Image?.Make, Image?.Model),
		};
	} catch {
		return { takenAt: null, camera: null };
	}
}

/** EXIF gives local time; without an offset it is taken as UTC. */
function takenAt(local: unknown, offset: unknown): Date | null {
	if (!(local instanceof Date)) return null;
	const [, sign, hours, minutes] =
		/^([+-])(\d\d):(\d\d)/.exec(String(offset ?? "")) ?? [];
	const behind = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
	const time = local.getTime() - (sign === "-" ? -behind : behind);
	const year = new Date(time).getUTCFullYear();
	return year >= 1900 && year < 2100 ? new Date(time) : null;
}

function camera(make: unknown, model: unknown): string | null {
	const [by, name] = [cleaned(make), cleaned(model)];
	const alreadyNamed = name.toLowerCase().startsWith(by.toLowerCase());
	return (alreadyNamed ? name : `${by} ${name}`).trim().slice(0, 100) || null;
}

/** Postgres refuses NUL, and cameras pad with it. */
function cleaned(text: unknown): string {
	return typeof text === "string"
		? text
				.replaceAll(/[\p{Cc}\p{Cs}\uFFFD]+/gu, " ")
				.replaceAll(/\s+/g, " ")
				.trim()
		: "";
}
