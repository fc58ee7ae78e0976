import type { VisionRequest } from "#core/ports/index.ts";
import { joinKnown, joinNames } from "./format.ts";

/** Names a picture without text by what is known of it. */
export function photoTitle(
	fileLabel: string,
	{ colours, takenAt }: Pick<VisionRequest, "colours" | "takenAt">,
): string {
	return joinKnown(
		fileLabel || "Photo",
		colours.length > 0 && `mostly ${joinNames(colours.slice(0, 2))}`,
		takenAt && `taken in ${monthOf(takenAt.local)}`,
	);
}

/** Sides of nearly the same length make a square. */
const squareRatio = 1.05;
const panoramaRatio = 2.2;

/** Says the shape and the size of a picture without text. Its place is for the owner alone, and so in no description. */
export function photoSummary({ width, height }: Pick<VisionRequest, "width" | "height">): string[] {
	const ratio = Math.max(width, height) / Math.max(1, Math.min(width, height));
	const format =
		ratio < squareRatio ? "Square" : ratio > panoramaRatio ? "Panorama" : width > height ? "Landscape" : "Portrait";
	return width > 0 && height > 0 ? [`${format}, ${width} × ${height} pixels.`] : [];
}

const monthOf = (local: string) =>
	new Date(`${local}Z`).toLocaleDateString("en", { month: "long", year: "numeric", timeZone: "UTC" });
