import { createRequire } from "node:module";
import { join } from "node:path";
import sharp, { type OverlayOptions } from "sharp";

/** A picture drawn by the project, and a word that only this picture contains. */
export interface SampleImage {
	filename: string;
	bytes: Uint8Array;
	word: string;
}

/** Draws a few screenshots with readable text: the same bytes each time, without installed fonts. */
export async function drawSampleImages(): Promise<SampleImage[]> {
	// Otherwise the machine's font settings would change the bytes, and a machine without any would print a warning.
	process.env.FONTCONFIG_FILE = join(import.meta.dirname, "sample-fonts.conf");
	const images: SampleImage[] = [];
	for (const { filename, word, shapes, texts } of pictures) {
		images.push({ filename, word, bytes: await draw(shapes, texts) });
	}
	return images;
}

const width = 720;
const height = 960;
const margin = 64;

type Weight = "400Regular" | "600SemiBold" | "800ExtraBold";

interface Text {
	text: string;
	/** The position of the top left corner, or of the top right one if `right` is set. */
	x: number;
	y: number;
	/** Height of the letters' box in pixels. */
	size: number;
	colour: string;
	weight: Weight;
	right: boolean;
}

const families: Record<Weight, string> = {
	"400Regular": "Inter",
	"600SemiBold": "Inter SemiBold",
	"800ExtraBold": "Inter ExtraBold",
};

const require = createRequire(import.meta.url);

async function draw(shapes: string, texts: Text[]): Promise<Uint8Array> {
	const background = Buffer.from(
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes}</svg>`,
	);
	const layers: OverlayOptions[] = [];
	for (const text of texts) layers.push(await layer(text));
	return sharp(background).composite(layers).flatten({ background: "white" }).png({ compressionLevel: 9 }).toBuffer();
}

async function layer(text: Text): Promise<OverlayOptions> {
	// The font comes from a file: a container has no fonts, and installed ones would change the bytes.
	const fontfile = require.resolve(`@expo-google-fonts/inter/${text.weight}/Inter_${text.weight}.ttf`);
	const { data, info } = await sharp({
		text: {
			text: `<span foreground="${text.colour}">${escaped(text.text)}</span>`,
			font: `${families[text.weight]} ${text.size}`,
			fontfile,
			rgba: true,
			dpi: 72,
		},
	})
		.png()
		.toBuffer({ resolveWithObject: true });
	return { input: data, left: text.right ? text.x - info.width : text.x, top: text.y };
}

function escaped(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function write(
	text: string,
	x: number,
	y: number,
	size: number,
	{ colour = "#1c1c28", weight = "400Regular", right = false }: Partial<Pick<Text, "colour" | "weight" | "right">> = {},
): Text {
	return { text, x, y, size, colour, weight, right };
}

/** Writes lines below each other. */
function lines(
	texts: string[],
	x: number,
	y: number,
	{ size, spacing, ...style }: { size: number; spacing: number } & Parameters<typeof write>[4],
): Text[] {
	return texts.map((text, row) => write(text, x, y + row * spacing, size, style));
}

function box(x: number, y: number, w: number, h: number, fill: string, radius = 0, more = ""): string {
	return `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${radius}" fill="${fill}" ${more}/>`;
}

const bold = { weight: "800ExtraBold" } as const;
const semiBold = { weight: "600SemiBold" } as const;
const white = { colour: "#ffffff" } as const;
const quiet = { colour: "#6b6b7b" } as const;
const right = { right: true } as const;
const end = width - margin;

/** A small caption with its value below. */
function field(caption: string, value: string, x: number, y: number): Text[] {
	return [write(caption, x, y, 22, quiet), write(value, x, y + 34, 36, semiBold)];
}

const boardingPass = {
	filename: "boarding-pass.png",
	word: "Reykjavik",
	shapes: [
		box(0, 0, width, height, "#dfe9f5"),
		box(32, 48, width - 64, 864, "#ffffff", 32),
		`<path d="M32 80a32 32 0 0 1 32-32h592a32 32 0 0 1 32 32v132H32z" fill="#12467f"/>`,
		`<path d="M180 272h360m-18-14 18 14-18 14" stroke="#12467f" stroke-width="6" fill="none"/>`,
		`<path d="M64 660h592" stroke="#b9c6d6" stroke-width="4" stroke-dasharray="4 14" stroke-linecap="round"/>`,
		`<circle cx="32" cy="660" r="22" fill="#dfe9f5"/><circle cx="688" cy="660" r="22" fill="#dfe9f5"/>`,
		...Array.from({ length: 53 }, (_, bar) => box(margin + bar * 11.2, 716, 3 + ((bar * 7) % 4) * 1.8, 110, "#1c1c28")),
	].join(""),
	texts: [
		write("Boarding pass", margin, 84, 48, { ...bold, ...white }),
		write("Northwind Airlines", margin, 152, 26, { colour: "#cfe0f4" }),
		write("LIS", margin, 254, 34, { ...semiBold, ...quiet }),
		write("KEF", end, 254, 34, { ...semiBold, ...quiet, ...right }),
		write("Lisbon", margin, 342, 56, bold),
		write("Reykjavik", end, 342, 56, { ...bold, ...right }),
		...field("Passenger", "Ada Nowak", margin, 462),
		...field("Date", "14 June", 420, 462),
		...field("Flight", "NW 648", margin, 560),
		...field("Gate", "22", 270, 560),
		...field("Seat", "14C", 420, 560),
		...field("Boards", "09:35", 530, 560),
		write("Gate closes 20 minutes before departure", margin, 852, 24, quiet),
	],
};

const recipe = {
	filename: "risotto-recipe.png",
	word: "saffron",
	shapes: [
		box(0, 0, width, height, "#fff8ec"),
		box(0, 0, width, 250, "#e8a317"),
		`<circle cx="600" cy="125" r="92" fill="#fff8ec"/><circle cx="600" cy="125" r="66" fill="#f6c453"/>`,
		`<path d="M564 118c14-22 56-26 72-2M572 146c16 14 40 14 54-2" stroke="#c9820a" stroke-width="6" fill="none" stroke-linecap="round"/>`,
		...[382, 434, 486, 538, 590].map((y) => `<circle cx="76" cy="${y}" r="7" fill="#e8a317"/>`),
	].join(""),
	texts: [
		write("Golden saffron", margin, 64, 56, bold),
		write("risotto", margin, 132, 56, bold),
		write("Serves 4, ready in 35 minutes", margin, 206, 24),
		write("Ingredients", margin, 300, 38, bold),
		...lines(
			[
				"320 g arborio rice",
				"1 litre warm vegetable stock",
				"1 teaspoon saffron threads",
				"60 g butter and one onion",
				"80 g grated parmesan cheese",
			],
			104,
			366,
			{ size: 30, spacing: 52 },
		),
		write("Method", margin, 660, 38, bold),
		...lines(
			[
				"Fry the onion in butter, add the rice",
				"and stir until it shines. Pour in the stock",
				"a ladle at a time and simmer gently.",
				"Fold in the cheese and serve at once.",
			],
			margin,
			726,
			{ size: 30, spacing: 44 },
		),
	],
};

const receiptLines = [
	["Atlas of Northern Birds", "34.00"],
	["Lantern Street, a novel", "16.50"],
	["Notebook, dotted", "8.90"],
	["Gift wrapping", "2.00"],
];

const receipt = {
	filename: "bookshop-receipt.png",
	word: "Lighthouse",
	shapes: [
		box(0, 0, width, height, "#8f9aa3"),
		`<path d="M90 40h540v868l-27-20-27 20-27-20-27 20-27-20-27 20-27-20-27 20-27-20-27 20-27-20-27 20-27-20-27 20-27-20-27 20-27-20-27 20-27-20-27 20z" fill="#fdfdfb"/>`,
		...[296, 572, 720].map((y) => `<path d="M130 ${y}h460" stroke="#9a9a9a" stroke-width="3" stroke-dasharray="8 8"/>`),
	].join(""),
	texts: [
		write("Lighthouse Books", 130, 90, 46, bold),
		write("7 Harbour Lane", 130, 158, 26, quiet),
		write("Receipt 20418", 130, 200, 26, quiet),
		write("3 March, 16:42", 130, 242, 26, quiet),
		...receiptLines.flatMap(([what = "", price = ""], row) => [
			write(what, 130, 332 + row * 58, 28),
			write(price, 590, 332 + row * 58, 28, right),
		]),
		write("Subtotal", 130, 604, 28),
		write("61.40", 590, 604, 28, right),
		write("Total EUR", 130, 656, 36, bold),
		write("61.40", 590, 656, 36, { ...bold, ...right }),
		write("Paid by card", 130, 752, 28),
		write("Thank you for reading with us", 130, 810, 26, quiet),
	],
};

const message = (texts: string[], x: number, y: number, style = {}) =>
	lines(texts, x, y, { size: 30, spacing: 46, ...style });

const chat = {
	filename: "chat-with-mira.png",
	word: "harmonica",
	shapes: [
		box(0, 0, width, height, "#f3f1fb"),
		box(0, 0, width, 132, "#5b3fc4"),
		`<circle cx="100" cy="66" r="38" fill="#f6c453"/>`,
		box(40, 178, 540, 132, "#ffffff", 28),
		box(180, 340, 500, 88, "#5b3fc4", 28),
		box(40, 458, 540, 176, "#ffffff", 28),
		box(140, 664, 540, 132, "#5b3fc4", 28),
		box(40, 848, 640, 72, "#ffffff", 36),
	].join(""),
	texts: [
		write("M", 84, 44, 44, bold),
		write("Mira", 160, 30, 36, { ...bold, ...white }),
		write("online", 160, 80, 24, { colour: "#dcd4ff" }),
		...message(["The harmonica concert is on", "Friday at the Old Brewery!"], 72, 202),
		...message(["Wonderful, is it sold out?"], 212, 366, white),
		...message(
			["I got two tickets, balcony,", "row five. Doors open at seven", "and the band starts at eight."],
			72,
			482,
		),
		...message(["Perfect. Dinner before? My", "treat, you choose the place."], 172, 688, white),
		write("Message", 76, 868, 26, quiet),
	],
};

const museumTicket = {
	filename: "museum-ticket.png",
	word: "planetarium",
	shapes: [
		`<defs><linearGradient id="night" x2="0" y2="1"><stop stop-color="#071333"/><stop offset="1" stop-color="#233f86"/></linearGradient></defs>`,
		box(0, 0, width, height, "url(#night)"),
		...Array.from({ length: 70 }, (_, star) => {
			const x = (star * 263) % width;
			const y = (star * 149) % 430;
			return `<circle cx="${x}" cy="${y}" r="${1 + (star % 3)}" fill="#ffffff" opacity="0.55"/>`;
		}),
		`<circle cx="360" cy="250" r="116" fill="#e9b872"/><circle cx="322" cy="216" r="22" fill="#d9a25a"/><circle cx="404" cy="292" r="30" fill="#d9a25a"/>`,
		`<ellipse cx="360" cy="250" rx="216" ry="44" fill="none" stroke="#f4d9ae" stroke-width="12" transform="rotate(-14 360 250)"/>`,
		box(32, 470, width - 64, 442, "#ffffff", 28),
	].join(""),
	texts: [
		write("Museum of Astronomy", margin, 508, 44, bold),
		write("Planetarium show: Rings of Saturn", margin, 574, 30, semiBold),
		...field("Admission", "1 adult", margin, 648),
		...field("Date", "9 October", 300, 648),
		...field("Entry", "14:15", 530, 648),
		...field("Price", "18.00 EUR", margin, 754),
		...field("Seat", "Row C 11", 300, 754),
		write("Please arrive ten minutes early.", margin, 862, 24, quiet),
	],
};

const note = (title: string, texts: string[], x: number, y: number) => [
	write(title, x, y, 32, bold),
	...lines(texts, x, y + 54, { size: 28, spacing: 40 }),
];

const whiteboard = {
	filename: "whiteboard.png",
	word: "Onboarding",
	shapes: [
		box(0, 0, width, height, "#c9cdd2"),
		box(24, 24, width - 48, height - 48, "#fbfcfc", 14),
		`<path d="M64 150c120-12 300 10 420-4" stroke="#d8343f" stroke-width="7" fill="none" stroke-linecap="round"/>`,
		box(64, 206, 280, 250, "#ffe27a", 6, 'transform="rotate(-1 204 331)"'),
		box(376, 206, 280, 250, "#a8e6c1", 6, 'transform="rotate(1 516 331)"'),
		box(64, 492, 280, 250, "#ffc2d1", 6, 'transform="rotate(1 204 617)"'),
		box(376, 492, 280, 250, "#b5d8ff", 6, 'transform="rotate(-1 516 617)"'),
	].join(""),
	texts: [
		write("Onboarding sprint", margin, 76, 50, bold),
		...note("Goal", ["Welcome tour", "in three steps", "not seven"], 92, 236),
		write("Deadline", 404, 236, 32, bold),
		write("Demo on Thursday", 404, 290, 26),
		write("Release Monday", 404, 330, 28),
		...note("Who", ["Design: Priya", "Backend: Tom", "Copy: Elena"], 92, 522),
		...note("Risks", ["Old invitations", "Slow migration"], 404, 522),
		write("Next meeting: Tuesday 10:00", margin, 800, 34, semiBold),
		write("Bring the customer interviews", margin, 856, 28, quiet),
	],
};

const pictures = [boardingPass, recipe, receipt, chat, museumTicket, whiteboard];
