import type { Browser } from "playwright-core";

/** A made-up screenshot of somebody's phone. */
interface Picture {
	/** The day and minute of its file name. */
	taken: string;
	title: string;
	lines: readonly string[];
	/** Background and letters. */
	colours: readonly [string, string];
	/** How its lines stand. */
	layout: "list" | "messages" | "table" | "poster";
}

const pictures: readonly Picture[] = [
	{
		taken: "20261124-184210",
		title: "Night train to Vienna",
		lines: ["Coach 254, berth 36", "Departs 20:41, platform 11", "Arrives 08:19"],
		colours: ["#0f2b4c", "#f5e9c8"],
		layout: "poster",
	},
	{
		taken: "20261122-091501",
		title: "Corner Bakery",
		lines: ["2 sourdough|9.80", "4 croissants|7.20", "1 oat flat white|3.90", "Total|20.90"],
		colours: ["#fffdf8", "#2c2620"],
		layout: "table",
	},
	{
		taken: "20261119-213344",
		title: "Mira",
		lines: [
			"Did you book the hut?",
			"Yes, two nights from Friday",
			"Bring the big pot!",
			"And the cards. Weather looks fine",
		],
		colours: ["#e9f0ea", "#12301c"],
		layout: "messages",
	},
	{
		taken: "20261115-120011",
		title: "Packing list",
		lines: ["Passport", "Rain jacket", "Charger and adapter", "Head torch", "Blister plasters"],
		colours: ["#fdf3d0", "#3d3208"],
		layout: "list",
	},
	{
		taken: "20261109-174502",
		title: "Electricity bill October",
		lines: ["Usage|184 kWh", "Price per kWh|0.31", "Base charge|11.90", "Due 1 December|68.94"],
		colours: ["#f2f5fb", "#14233f"],
		layout: "table",
	},
	{
		taken: "20261102-080305",
		title: "Marathon plan, week 6",
		lines: ["Mon rest", "Tue 8 km easy", "Thu 6 x 800 m", "Sat 5 km", "Sun 24 km long run"],
		colours: ["#101413", "#c5f25c"],
		layout: "list",
	},
	{
		taken: "20261028-195530",
		title: "The Lighthouse Keepers",
		lines: ["Live at Old Harbour Hall", "Saturday 12 December", "Doors 19:00"],
		colours: ["#a8201a", "#ffe9d6"],
		layout: "poster",
	},
	{
		taken: "20261025-101118",
		title: "Parcel on its way",
		lines: ["Tracking number 7H 4410 2291", "Left the depot in Graz", "Arrives tomorrow, 9 to 12"],
		colours: ["#fff4ec", "#5a2a0c"],
		layout: "list",
	},
	{
		taken: "20261017-222754",
		title: "Landlord",
		lines: ["The heating is repaired", "Thank you! It is warm again", "Please read the meter on Friday"],
		colours: ["#eceaf6", "#221b45"],
		layout: "messages",
	},
	{
		taken: "20261011-134409",
		title: "Pumpkin soup",
		lines: ["1 Hokkaido pumpkin", "2 carrots, 1 onion", "Fresh ginger", "400 ml coconut milk", "Simmer 25 minutes"],
		colours: ["#f28a1e", "#2b1602"],
		layout: "list",
	},
	{
		taken: "20260930-161200",
		title: "Hotel Alpenblick",
		lines: ["Booking code QX81PL", "Check-in 3 October from 15:00", "Breakfast included"],
		colours: ["#dfeaf2", "#10324a"],
		layout: "poster",
	},
	{
		taken: "20260921-073312",
		title: "Pharmacy",
		lines: ["Nasal spray|6.45", "Plasters|3.20", "Vitamin D|8.99", "Total|18.64"],
		colours: ["#f7fbf8", "#0c3d28"],
		layout: "table",
	},
	{
		taken: "20260914-205041",
		title: "Reading notes",
		lines: ["A map is not the territory", "Ask what would change my mind", "Write the summary first"],
		colours: ["#fbf6ef", "#38261a"],
		layout: "list",
	},
	{
		taken: "20260906-111926",
		title: "Wi-Fi of the cottage",
		lines: ["Network: Seagull-5G", "Password: marmalade-42", "Router is below the stairs"],
		colours: ["#1d1b2e", "#f3d9ff"],
		layout: "poster",
	},
];

const side = { width: 540, height: 720 } as const;
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

const layouts: Record<Picture["layout"], (lines: readonly string[]) => string> = {
	list: (lines) => `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>`,
	poster: (lines) => lines.map((line) => `<p class="big">${escaped(line)}</p>`).join(""),
	messages: (lines) =>
		lines.map((line, at) => `<p class="message ${at % 2 ? "own" : ""}">${escaped(line)}</p>`).join(""),
	table: (lines) =>
		`<table>${lines
			.map(
				(line) =>
					`<tr>${line
						.split("|")
						.map((cell) => `<td>${escaped(cell)}</td>`)
						.join("")}</tr>`,
			)
			.join("")}</table>`,
};

function pageOf({ title, lines, colours: [paper, ink], layout }: Picture, scale = 1): string {
	return `<style>
		body { margin: 0; padding: 48px; height: 100vh; box-sizing: border-box; zoom: ${scale}; background: ${paper}; color: ${ink};
			font: 26px/1.4 "DejaVu Sans", "Liberation Sans", sans-serif; display: flex; flex-direction: column; gap: 22px; }
		h1 { margin: 0 0 8px; font-size: 42px; line-height: 1.15; }
		ul, p { margin: 0 } ul { padding: 0 0 0 28px; display: grid; gap: 16px }
		.big { font-size: 30px } .message { max-width: 80%; padding: 14px 18px; border-radius: 18px; background: #fff }
		.own { align-self: flex-end; background: ${ink}; color: #fff }
		table { width: 100%; border-collapse: collapse } td { padding: 16px 0; border-bottom: 2px dashed ${ink}55 }
		td + td { text-align: right } tr:last-child td { font-weight: 700; border: 0 }
	</style><h1>${escaped(title)}</h1>${layouts[layout](lines)}`;
}

/** A picture as its file would be named and typed on a phone. */
export interface DrawnPicture {
	name: string;
	bytes: Buffer;
}

/** Draws the pictures of a made-up collection; two of them come twice, once smaller. */
export async function drawPictures(browser: Browser): Promise<DrawnPicture[]> {
	const drawn: DrawnPicture[] = [];
	const page = await browser.newPage();
	const draw = async (picture: Picture, scale: number, name: string) => {
		await page.setViewportSize({ width: side.width * scale, height: side.height * scale });
		await page.setContent(pageOf(picture, scale));
		drawn.push({ name, bytes: await page.screenshot() });
	};
	for (const [at, picture] of pictures.entries()) {
		await draw(picture, 2, `Screenshot_${picture.taken}.png`);
		if (at === 6 || at === 9) await draw(picture, 1, `Screenshot_${picture.taken}-small.png`);
	}
	await page.close();
	return drawn;
}
