import type { Browser } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll } from "vitest";
import { localCloud, newPerson, openBrowser, test, Visitor } from "./visitor.ts";

let browser: Browser;
beforeAll(async () => {
	browser = await openBrowser();
});
afterAll(() => browser.close());

/** So many small pictures that differ. */
function drawings(count: number) {
	return Promise.all(
		Array.from({ length: count }, async (_, at) => ({
			name: `drawing-${at}.png`,
			bytes: await sharp({
				create: { width: 64, height: 64, channels: 3, background: { r: at * 5, g: 255 - at * 5, b: 128 } },
			})
				.png()
				.toBuffer(),
		})),
	);
}

test("a reload in the middle of fifty uploads loses none", async () => {
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await visitor.signIn(await newPerson("reloader@example.com"));
	const { outputs } = await localCloud();
	let sends = 0;
	// Storage takes ten; the others wait, so that the reload comes in the middle on any machine.
	await page.route(new RegExp(outputs.BucketName), async (route) => {
		if (route.request().method() !== "POST" || sends++ < 10) await route.continue();
	});
	await visitor.add(await drawings(50));
	await page.getByText("10 of 50 sent").waitFor();
	await page.unrouteAll({ behavior: "ignoreErrors" });
	await page.reload();
	await page.getByText("50 items").waitFor({ timeout: 240_000 });
	await visitor.close();
});

test("a file of another kind is left out with a sentence, and one that is there already is not added again", async () => {
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await visitor.signIn(await newPerson("twice@example.com"));
	const chooser = page.waitForEvent("filechooser");
	await page.getByRole("button", { name: "Add pictures" }).first().click();
	await (await chooser).setFiles([{ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("notes") }]);
	await page.getByText("1 file is no picture of a known kind").waitFor();
	const [drawing] = await drawings(1);
	if (!drawing) throw new Error("Nothing was drawn.");
	await visitor.add([drawing]);
	await page.getByText("1 picture added").waitFor({ timeout: 60_000 });
	await visitor.add([drawing]);
	await page.getByText("Already here").waitFor();
	await page.getByText("1 item", { exact: true }).waitFor();
	await visitor.close();
});

test("without a network the app opens with what it showed last, and goes on when it is back", async () => {
	const visitor = await Visitor.open(browser, { expected: /ERR_INTERNET_DISCONNECTED|Failed to fetch/ });
	const { page, context } = visitor;
	await visitor.signIn(await newPerson("traveller@example.com"));
	await visitor.add(await drawings(3));
	await page.getByText("3 pictures added").waitFor({ timeout: 60_000 });
	await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)");
	await page.reload();
	await page.getByRole("gridcell").nth(2).waitFor();
	await context.setOffline(true);
	await page.reload();
	await page.getByRole("gridcell").nth(2).waitFor();
	await context.setOffline(false);
	await page.reload();
	await page.getByText("3 items").waitFor();
	await visitor.close();
});
