// A reader in a process of its own: bench-ocr sends it files, and it answers with their texts, times and its peak memory.
import { readFileSync } from "node:fs";
import { readText } from "#ai/offline/ocr/read-text.ts";
import { sharpImages } from "#images/sharp-images.ts";
import { peakMegabytes } from "../../support/peak-memory.ts";
import { tesseractPage } from "./tesseract-page.ts";

export type SideName = "reader" | "tesseract";

/** A picture as a side read it. */
export interface SideAnswer {
	text: string;
	complete: boolean;
	/** Of the processor, without decoding, which both sides need. */
	cpuMs: number;
	/** Of the processor since the process began. */
	sinceStartMs: number;
	/** Of the process, so far. */
	peakMegabytes: number;
}

const images = sharpImages();
const sides: Record<SideName, (bytes: Uint8Array) => Promise<() => Promise<{ text: string; complete: boolean }>>> = {
	reader: async (bytes) => {
		const pixels = await images.pixels(bytes, 24_000_000);
		if (!pixels) throw new Error("The picture takes too much memory.");
		return async () => {
			// The bench measures what whole pictures take.
			const { lines, complete } = await readText(pixels, { cpuSeconds: 120, seconds: 300 });
			return { text: lines.map((line) => line.text).join("\n"), complete };
		};
	},
	tesseract: async (bytes) => {
		const { vision } = await images.derive(bytes);
		const read = await page();
		return async () => ({ text: read(vision), complete: true });
	},
};

let loaded: ReturnType<typeof tesseractPage> | undefined;
const page = () => {
	loaded ??= tesseractPage();
	return loaded;
};

process.on("message", async ({ side, file }: { side: SideName; file: string }) => {
	const read = await sides[side](readFileSync(file));
	const begun = process.cpuUsage();
	const { text, complete } = await read();
	const { user, system } = process.cpuUsage(begun);
	const sinceStart = process.cpuUsage();
	process.send?.({
		text,
		complete,
		cpuMs: (user + system) / 1_000,
		sinceStartMs: (sinceStart.user + sinceStart.system) / 1_000,
		peakMegabytes: peakMegabytes(),
	} satisfies SideAnswer);
});
