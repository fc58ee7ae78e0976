import type { Location } from "#core/items/item.ts";
import { type TakenAt, takenAt } from "#core/items/taken-at.ts";

/** The data that a camera wrote into the file. */
interface Exif {
	takenAt: TakenAt | null;
	camera: string | null;
	location: Location | null;
}

/**
 * Reads EXIF leniently: missing and broken values are null, since a photo without a date is still a photo.
 * Reads only the tags it needs: every entry may claim to span the whole block, and a
 * library that read all of them allocated 2 GB for 64 KB.
 */
export function parseExif(exif: Buffer | undefined): Exif {
	const tiff = openTiff(exif);
	const image = tiff?.directory(tiff.first);
	const photo = tiff?.directory(image?.pointer(0x8769));
	const gps = tiff?.directory(image?.pointer(0x8825));
	return {
		takenAt: timeOf(photo?.text(0x9003), photo?.text(0x9011)),
		camera: camera(image?.text(0x010f), image?.text(0x0110)),
		location: location(
			degrees(gps?.rationals(2, 3), gps?.text(1), "N", "S"),
			degrees(gps?.rationals(4, 3), gps?.text(3), "E", "W"),
		),
	};
}

function timeOf(local = "", offset = ""): TakenAt | null {
	const [, day, time] = /^(\d{4}:\d\d:\d\d) (\d\d:\d\d:\d\d)$/.exec(local) ?? [];
	if (!day) return null;
	return takenAt(`${day.replaceAll(":", "-")}T${time}`, /^[+-]\d\d:\d\d/.exec(offset)?.[0] ?? null, "exif");
}

function camera(make: string | undefined, model: string | undefined) {
	const [by, name] = [cleaned(make), cleaned(model)];
	const alreadyNamed = name.toLowerCase().startsWith(by.toLowerCase());
	return (alreadyNamed ? name : `${by} ${name}`).trim().slice(0, 100) || null;
}

/** Removes the NUL with which cameras pad text: Postgres refuses it. */
function cleaned(text = ""): string {
	return text
		.replaceAll(/[\p{Cc}\p{Cs}\uFFFD]+/gu, " ")
		.replaceAll(/\s+/g, " ")
		.trim();
}

/** Converts degrees, minutes and seconds to degrees, rounded to 11 m, a phone's accuracy. */
function degrees(
	parts: number[] | undefined,
	reference: string | undefined,
	positive: string,
	negative: string,
): number {
	const [whole = Number.NaN, minutes = 0, seconds = 0] = parts ?? [];
	if (reference !== positive && reference !== negative) return Number.NaN;
	const value = whole + minutes / 60 + seconds / 3600;
	return (Math.round(value * 1e4) / 1e4) * (reference === negative ? -1 : 1);
}

/** Returns null for the zeros or 0/0 that a camera without a fix writes. */
function location(latitude: number, longitude: number): Location | null {
	const isOnEarth = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
	if (!isOnEarth || (latitude === 0 && longitude === 0)) return null;
	return { latitude: latitude + 0, longitude: longitude + 0 }; // -0 becomes 0
}

/** One directory of a TIFF structure, whose entries are looked up by tag. */
interface Directory {
	text(tag: number): string | undefined;
	rationals(tag: number, count: number): number[] | undefined;
	/** Returns the offset of another directory. */
	pointer(tag: number): number | undefined;
}

interface Tiff {
	first: number;
	directory(offset: number | undefined): Directory | undefined;
}

const types = { ascii: 2, long: 4, rational: 5 };
const maxText = 200;

/** Opens the TIFF structure of EXIF; reads past its end return undefined. */
function openTiff(exif: Buffer = Buffer.alloc(0)): Tiff | undefined {
	const marker = exif.toString("latin1", 0, 6);
	const bytes = marker === "Exif\0\0" ? exif.subarray(6) : exif;
	const order = bytes.toString("latin1", 0, 4);
	if (order !== "II*\0" && order !== "MM\0*") return undefined;
	const little = order.startsWith("II");
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const uint16 = (at: number) => (at + 2 <= view.byteLength ? view.getUint16(at, little) : 0);
	const uint32 = (at: number) => (at + 4 <= view.byteLength ? view.getUint32(at, little) : 0);

	return {
		first: uint32(4),
		directory(offset) {
			if (!offset) return undefined;
			/** Returns the number of values of a tag and their offset. */
			const find = (tag: number, type: number, valueSize: number) => {
				const end = Math.min(offset + 2 + uint16(offset) * 12, view.byteLength - 11);
				for (let at = offset + 2; at < end; at += 12) {
					if (uint16(at) !== tag || uint16(at + 2) !== type) continue;
					const count = uint32(at + 4);
					const fits = count * valueSize <= 4;
					return { count, at: fits ? at + 8 : uint32(at + 8) };
				}
				return undefined;
			};
			return {
				text(tag) {
					const found = find(tag, types.ascii, 1);
					if (!found) return undefined;
					const length = Math.min(found.count, maxText);
					return bytes.toString("utf8", found.at, found.at + length).replace(/\0.*$/s, "");
				},
				rationals(tag, count) {
					const found = find(tag, types.rational, 8);
					if (found?.count !== count) return undefined;
					return Array.from({ length: count }, (_, index) => {
						const at = found.at + index * 8;
						return uint32(at) / uint32(at + 4);
					});
				},
				pointer(tag) {
					const found = find(tag, types.long, 4);
					return found && uint32(found.at);
				},
			};
		},
	};
}
