import type { Page } from "playwright-core";

/** A page of the app as it is shown in the documents. */
export interface Screen {
	name: string;
	size: "desk" | "phone";
	/** Goes to the page, and waits for everything that it shows. */
	open(page: Page): Promise<void>;
}

/** Thumbnails below the screen are loaded when they are scrolled to. */
const pollMs = 200;
const maxTries = 100;
const allShown = `[...document.images].every((image) =>
	image.complete ? image.naturalWidth > 0 : image.getBoundingClientRect().top > innerHeight)`;

const pictures = async (page: Page) => {
	await page.waitForLoadState("networkidle");
	// The page's content security policy refuses to poll inside of it.
	for (let tries = 0; !(await page.evaluate(allShown)); tries++) {
		if (tries === maxTries) throw new Error(`${page.url()} has pictures that are not loaded after 20 s.`);
		await page.waitForTimeout(pollMs);
	}
};

const toLibrary = async (page: Page) => {
	await page.goto("/");
	await page.getByRole("gridcell").nth(3).waitFor();
	await pictures(page);
};

/** The ten screens. The first and the third stand in the README. */
export const screens: readonly Screen[] = [
	{ name: "library", size: "desk", open: toLibrary },
	{
		name: "library-selection",
		size: "desk",
		async open(page) {
			await toLibrary(page);
			await page.getByRole("gridcell").first().focus();
			await page.keyboard.press("Space");
			await page.keyboard.press("Shift+ArrowRight");
			await page.getByRole("toolbar").waitFor();
		},
	},
	{
		name: "search",
		size: "desk",
		async open(page) {
			await page.goto("/search?q=night+train+to+Vienna&ask=true");
			await page.getByRole("button", { name: "Open item 1" }).first().waitFor();
			await pictures(page);
		},
	},
	{
		name: "viewer",
		size: "desk",
		async open(page) {
			await page.goto("/search?q=croissants");
			await page.locator("ol li button").first().click();
			await page.getByRole("dialog").getByRole("img").first().waitFor();
			await page.locator("svg rect").first().waitFor();
			await pictures(page);
		},
	},
	{
		name: "chat",
		size: "desk",
		async open(page) {
			await page.goto("/chat");
			await page.getByRole("textbox", { name: "Your message" }).fill("When does the night train leave?");
			await page.keyboard.press("Enter");
			await page.getByRole("article").first().waitFor({ timeout: 60_000 });
			await pictures(page);
		},
	},
	{
		name: "albums",
		size: "desk",
		async open(page) {
			await page.goto("/albums");
			await page.locator("main ul a").first().waitFor();
			await pictures(page);
		},
	},
	{
		name: "duplicates",
		size: "desk",
		async open(page) {
			await page.goto("/duplicates");
			await page.getByRole("radiogroup").first().waitFor();
			await page.locator("progress").waitFor({ state: "detached" });
			await pictures(page);
		},
	},
	{ name: "phone-library", size: "phone", open: toLibrary },
	{
		name: "phone-viewer",
		size: "phone",
		async open(page) {
			await toLibrary(page);
			await page.getByRole("gridcell").nth(1).click();
			await page.getByRole("dialog").getByRole("img").first().waitFor();
			await pictures(page);
		},
	},
	{
		name: "phone-settings",
		size: "phone",
		async open(page) {
			await page.goto("/settings");
			await page.getByRole("heading", { name: "Settings" }).waitFor();
		},
	},
];
