// make screenshots: writes ten screens of the web app in both themes to docs/images, from a collection made for them.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { CollectionsClient } from "#client/index.ts";
import { readOutputs } from "#deployment/outputs.ts";
import { main, step } from "#deployment/progress.ts";
import { ensureUser, signIn } from "#deployment/users.ts";
import { localDirectory, operatorOf } from "#tools/local/local-environment.ts";
import { type DrawnPicture, drawPictures } from "./screenshots/pictures.ts";
import { type Screen, screens } from "./screenshots/screens.ts";

const folder = "docs/images";
/** A README that loads slowly is not read. */
const maxBytes = 120_000;
const themes = ["light", "dark"] as const;
const sizes = {
	desk: { viewport: { width: 1440, height: 900 } },
	phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
} as const;
const password = "screens-Horse-9";
/** Debian's; a browser is never downloaded. */
const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";

/** Albums, each of which has a tag of its own. */
const collections = [
	{ name: "Trip to Vienna", days: ["20261124", "20261115", "20260930"], tag: "travel" },
	{ name: "Bills and receipts", days: ["20261122", "20261109", "20260921"], tag: "money" },
	{ name: "Kitchen", days: ["20261011"], tag: "recipes" },
];

await main(async () => {
	const outputs = await readOutputs("local");
	const baseURL = outputs.WebUrl;
	if (!baseURL) throw new Error("The local cloud has no web app: run make up in an up-to-date clone first.");
	// A person of this run alone, who is deleted at the end.
	const email = `screens-${Date.now()}@example.com`;
	await ensureUser(outputs, await operatorOf(localDirectory), email, password);
	const session = await signIn(outputs, email, password);
	const client = new CollectionsClient({ apiUrl: outputs.ApiUrl, session });
	const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
	try {
		const drawn = await step("draw the pictures", () => drawPictures(browser));
		await step("upload them", (update) => fillCollection(client, drawn, update));
		await mkdir(folder, { recursive: true });
		for (const colorScheme of themes) {
			await step(`screens, ${colorScheme}`, async (update) => {
				let done = 0;
				for (const size of ["desk", "phone"] as const) {
					const context = await browser.newContext({
						...sizes[size],
						baseURL,
						colorScheme,
						reducedMotion: "reduce",
						locale: "en-GB",
					});
					await enter(await context.newPage(), email);
					for (const screen of screens.filter((each) => each.size === size)) {
						await take(await context.newPage(), screen, path.join(folder, `${screen.name}-${colorScheme}.webp`));
						update(++done, screens.length);
					}
					await context.close();
				}
			});
		}
	} finally {
		await browser.close();
		await client.call("DELETE", "/account", { confirm: "delete my account" });
	}
});

async function fillCollection(
	client: CollectionsClient,
	drawn: DrawnPicture[],
	update: (done: number, total: number) => void,
): Promise<void> {
	const ids = new Map<string, string>();
	for (const { name, bytes } of drawn) ids.set(name, (await client.upload(name, new Uint8Array(bytes))).id);
	let done = 0;
	for (const id of ids.values()) {
		await client.settled(id, 180);
		update(++done, drawn.length);
	}
	const named = (...days: string[]) =>
		[...ids].flatMap(([name, id]) => (days.some((day) => name.includes(day)) ? [id] : []));
	for (const { name, days, tag } of collections) {
		const { data: album } = await client.api.POST("/albums", { body: { name } });
		const path = { params: { path: { id: album?.id ?? "" } } };
		await client.api.PUT("/albums/{id}/items", { ...path, body: { ids: named(...days) } });
		await client.api.POST("/items/batch", { body: { ids: named(...days), action: "tag", tags: [tag] } });
	}
	await client.api.POST("/albums", { body: { name: "Starred", smart: { filters: { favorite: true } } } });
	await client.api.POST("/items/batch", {
		body: { ids: named("20261124", "20261115", "20261028"), action: "favorite" },
	});
}

async function enter(page: Page, email: string): Promise<void> {
	await page.goto("/sign-in");
	await page.getByLabel("Email address").fill(email);
	await page.getByRole("textbox", { name: "Password" }).fill(password);
	await page.getByRole("button", { name: "Sign in", exact: true }).click();
	await page.getByRole("searchbox").waitFor();
	await page.close();
}

async function take(page: Page, screen: Screen, file: string): Promise<void> {
	await screen.open(page);
	const webp = await sharp(await page.screenshot())
		.webp({ quality: 82, smartSubsample: true })
		.toBuffer();
	if (webp.length > maxBytes) {
		throw new Error(`${file} has ${webp.length} bytes, ${maxBytes} at most: lower its quality or its size.`);
	}
	await writeFile(file, webp);
	await page.close();
}
