import { describe, expect, it } from "vitest";
import { takenAt, takenAtOfFilename } from "#core/items/taken-at.ts";

describe("a time", () => {
	it("is the instant of the local time and its offset", () => {
		expect(takenAt("2024-06-14T09:35:00", "+02:00", "exif")).toEqual({
			instant: new Date("2024-06-14T07:35:00Z"),
			local: "2024-06-14T09:35:00",
			offset: "+02:00",
			source: "exif",
		});
	});

	it.each(["+99:00", "+02:61"])("has no offset where no clock has it: %s", (offset) => {
		expect(takenAt("2024-06-14T09:35:00", offset, "exif")).toMatchObject({
			instant: new Date("2024-06-14T09:35:00Z"),
			offset: null,
		});
	});

	it.each([
		"2023-02-29T10:00:00",
		"2024-02-30T10:00:00",
		"2024-13-01T10:00:00",
		"2024-01-01T24:00:00",
		"1899-12-31T10:00:00",
	])("is none: %s", (local) => {
		expect(takenAt(local, null, "exif")).toBeNull();
	});
});

describe("the time in a file's name", () => {
	const now = new Date("2024-03-02T12:00:00Z");
	const localOf = (name: string) => takenAtOfFilename(name, now)?.local ?? null;

	it.each([
		["Screenshot 2024-03-01 at 10.22.33.png", "2024-03-01T10:22:33"],
		["Screenshot 2024-03-01 at 9.22.33\u202fPM.png", "2024-03-01T21:22:33"],
		["Screenshot 2024-03-01 at 12.22.33 AM (2).png", "2024-03-01T00:22:33"],
		["Bildschirmfoto 2024-03-01 um 10.22.33.png", "2024-03-01T10:22:33"],
		["Capture d’écran 2024-03-01 à 10.22.33.png", "2024-03-01T10:22:33"],
		["Screenshot 2024-03-01 102233.png", "2024-03-01T10:22:33"],
		["Screenshot from 2024-03-01 10-22-33.png", "2024-03-01T10:22:33"],
		["Screenshot_20240301-102233.png", "2024-03-01T10:22:33"],
		["Screenshot_20240301-102233_Chrome.jpg", "2024-03-01T10:22:33"],
		["Screenshot_2024-03-01-10-22-33-123_com.android.chrome.png", "2024-03-01T10:22:33"],
		["Screenshot_20240301_102233.jpg", "2024-03-01T10:22:33"],
		["IMG_20240301_102233.jpg", "2024-03-01T10:22:33"],
		["IMG_20240301_102233_1.jpg", "2024-03-01T10:22:33"],
		["20240301_102233.jpg", "2024-03-01T10:22:33"],
		["20240301_102233(0).jpg", "2024-03-01T10:22:33"],
		["PXL_20240301_102233123.jpg", "2024-03-01T10:22:33"],
		["PXL_20240301_102233123.MP.jpg", "2024-03-01T10:22:33"],
		["WhatsApp Image 2024-03-01 at 10.22.33.jpeg", "2024-03-01T10:22:33"],
		["WhatsApp Image 2024-03-01 at 10.22.33 (1).jpeg", "2024-03-01T10:22:33"],
		["IMG-20240301-WA0007.jpg", "2024-03-01T00:00:00"],
		["signal-2024-03-01-10-22-33-123.jpg", "2024-03-01T10:22:33"],
		["signal-2024-03-01-102233.jpg", "2024-03-01T10:22:33"],
		["photo_2024-03-01_10-22-33.jpg", "2024-03-01T10:22:33"],
	])("%s", (name, local) => {
		expect(localOf(name)).toBe(local);
	});

	it.each([
		"IMG_0001.jpg",
		"IMG_20240230_102233.jpg",
		"IMG_20240301_256199.jpg",
		"IMG_20240401_102233.jpg",
		"invoice 20240301.pdf.png",
		"4820240301_10223344.png",
		"2024-03-01 report.png",
		"1709288553123.jpg",
	])("is none: %s", (name) => {
		expect(localOf(name)).toBeNull();
	});

	it("is in UTC where a Pixel wrote it, and marked as the name's", () => {
		expect(takenAtOfFilename("PXL_20240301_102233123.jpg", now)).toMatchObject({
			offset: "+00:00",
			source: "filename",
		});
	});
});
