// make bench-ocr: reading pictures offline, compared to Tesseract as the product used it before, in the same run.
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { drawSampleImages } from "#tools/samples/sample-images.ts";
import type { SideAnswer, SideName } from "./ocr/side.ts";
import { demand, mean, median, minDemand, report } from "./report.ts";

/** A picture to read, and the words in it where somebody wrote them down. */
interface Picture {
	set: "golden" | "cases" | "samples" | "page" | "noise";
	file: string;
	words: string[];
}

/** A picture as both sides read it. */
type Read = Picture & Record<SideName, SideAnswer>;

const names: SideName[] = ["reader", "tesseract"];
const shared = "../shared";
/** LIMIT=n reads the first n golden pictures alone. */
const limit = Number(process.env.LIMIT ?? Number.POSITIVE_INFINITY);

const wordsOf = (text: string) => [
	...new Set(
		text
			.normalize("NFKC")
			.toLowerCase()
			.match(/[\p{L}\p{N}]+/gu) ?? [],
	),
];

const directory = mkdtempSync(path.join(tmpdir(), "collections-bench-"));
try {
	const sides = Object.fromEntries(names.map((name) => [name, fork(path.join(import.meta.dirname, "ocr/side.ts"))]));
	const read: Read[] = [];
	const pictures = [...(await drawn()), ...golden(), ...cases()];
	// The first picture loads models and code; its time is that of the start.
	const starts = await readBy(sides, pictures[0] as Picture);
	for (const picture of pictures) {
		read.push({ ...picture, ...(await readBy(sides, picture)) });
		process.stderr.write(".");
	}
	for (const side of Object.values(sides)) side.disconnect();
	conclude(read, starts);
} finally {
	rmSync(directory, { recursive: true });
}

async function readBy(sides: Record<string, ChildProcess>, { file }: Picture): Promise<Record<SideName, SideAnswer>> {
	const answers: [SideName, SideAnswer][] = [];
	for (const name of names) {
		const side = sides[name] as ChildProcess;
		const answer = once(side, "message");
		side.send({ side: name, file });
		answers.push([name, (await answer)[0]]);
	}
	return Object.fromEntries(answers) as Record<SideName, SideAnswer>;
}

/** Draws what no data is needed for: sample screenshots, a page of 70 lines, noise of single pixels. */
async function drawn(): Promise<Picture[]> {
	const write = async (name: string, bytes: Uint8Array) => {
		const file = path.join(directory, name);
		await sharp(bytes).toFile(file);
		return file;
	};
	const pictures: Picture[] = [];
	for (const { filename, bytes, word } of await drawSampleImages()) {
		pictures.push({ set: "samples", file: await write(filename, bytes), words: wordsOf(word) });
	}
	const lines = Array.from(
		{ length: 70 },
		(_, n) => `Paragraph ${n} of the report about lighthouses says what the keeper saw that night.`,
	);
	const fontfile = createRequire(import.meta.url).resolve("@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf");
	const text = { text: lines.join("\n"), fontfile, font: "Inter 12", dpi: 96 };
	const letters = await sharp({ text })
		.negate({ alpha: false })
		.extend({ top: 40, bottom: 40, left: 40, right: 40 })
		.png()
		.toBuffer();
	pictures.push({ set: "page", file: await write("page.png", letters), words: wordsOf(lines.join(" ")) });
	const side = 1_568;
	const noise = await sharp(randomBytes(side * side), { raw: { width: side, height: side, channels: 1 } })
		.threshold(128)
		.png()
		.toBuffer();
	pictures.push({ set: "noise", file: await write("noise.png", noise), words: [] });
	return pictures;
}

function golden(): Picture[] {
	const folder = `${shared}/golden`;
	if (!existsSync(folder)) return [];
	const analyses: { item_id: string; image_details: { extracted_text: string[] } }[] = JSON.parse(
		readFileSync(`${folder}/analyses.json`, "utf8"),
	);
	return analyses.slice(0, limit).map(({ item_id, image_details }) => ({
		set: "golden",
		file: `${folder}/images/${item_id}.jpg`,
		words: wordsOf(image_details.extracted_text.join("\n")),
	}));
}

/** Lists the cases whose texts are known. */
function cases(): Picture[] {
	const folder = `${shared}/cases`;
	if (!existsSync(folder)) return [];
	const texts: { file: string; reads: string[] }[] = JSON.parse(readFileSync(`${folder}/texts.json`, "utf8"));
	return texts.map(({ file, reads }) => ({
		set: "cases",
		file: `${folder}/images/${file}`,
		words: wordsOf(reads.join("\n")),
	}));
}

/** The share of a picture's known words that a side read, and the share of the words it read that are known. */
function shares({ words, ...sides }: Read, side: SideName) {
	const known = new Set(words);
	const found = wordsOf(sides[side].text);
	const right = found.filter((word) => known.has(word)).length;
	return { recall: right / words.length, precision: right / Math.max(1, found.length) };
}

function conclude(read: Read[], starts: Record<SideName, SideAnswer>): void {
	const picturesOf = (set: Picture["set"]) => read.filter((picture) => picture.set === set);
	const ratio = (pictures: Read[]) => median(pictures.map((each) => each.reader.cpuMs / each.tesseract.cpuMs));
	const recalls = (set: Picture["set"], side: SideName) => picturesOf(set).map((each) => shares(each, side).recall);
	const sets = (["samples", "golden", "cases", "page", "noise"] as const).filter((set) => picturesOf(set).length > 0);
	const rows = sets.flatMap((set) =>
		names.map((side) => ({
			set,
			side,
			pictures: picturesOf(set).length,
			"CPU ms, median": median(picturesOf(set).map((each) => each[side].cpuMs)).toFixed(0),
			recall: set === "noise" ? "" : mean(recalls(set, side)).toFixed(3),
			worst: set === "noise" ? "" : Math.min(...recalls(set, side)).toFixed(3),
			// Of samples and cases a few words are known, so the others would count as wrong.
			precision:
				set === "golden" || set === "page"
					? mean(picturesOf(set).map((each) => shares(each, side).precision)).toFixed(3)
					: "",
			"words read": set === "noise" ? wordsOf(picturesOf(set)[0]?.[side].text ?? "").length : "",
		})),
	);
	const peak = (side: SideName) => Math.max(...read.map((each) => each[side].peakMegabytes));
	const screenshots = picturesOf("golden").length > 0 ? picturesOf("golden") : picturesOf("samples");
	const demands = [
		demand("ordinary screenshots, CPU / Tesseract's, median", ratio(screenshots), 1.5),
		demand("page of 70 lines, CPU / Tesseract's", ratio(picturesOf("page")), 2),
		demand("noise, CPU / Tesseract's", ratio(picturesOf("noise")), 0.2),
		demand("peak memory of the process, MB (the function's 1024 less 200)", peak("reader"), 824),
		demand(
			"from the start of the process to its first text, CPU / Tesseract's",
			starts.reader.sinceStartMs / starts.tesseract.sinceStartMs,
			2,
		),
		...(["golden", "cases"] as const)
			.filter((set) => sets.includes(set))
			.map((set) =>
				minDemand(
					`${set}: recall less Tesseract's`,
					mean(recalls(set, "reader")) - mean(recalls(set, "tesseract")),
					0.1,
				),
			),
	];
	report("ocr", rows, demands, [`Peak memory of Tesseract's process: ${peak("tesseract").toFixed(0)} MB.`]);
}
