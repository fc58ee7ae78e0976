import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { newPerson, openBrowser, samplePictures, test, Visitor } from "./visitor.ts";

const email = "reader@example.com";
let browser: Browser;

beforeAll(async () => {
	browser = await openBrowser();
	await newPerson(email, await samplePictures());
});
afterAll(() => browser.close());

// Colours depend on the theme alone, and what is shown on the size: two of the four pairs have both.
test.each([
	["phone", "dark"],
	["desk", "light"],
] as const)(
	"on a %s in the %s theme no page has a serious finding of axe or a complaint in the console",
	async (size, theme) => {
		const visitor = await Visitor.open(browser, { size, theme });
		const { page } = visitor;
		for (const path of ["/sign-in", "/sign-up", "/confirm?email=a@example.com", "/forgot"]) {
			await page.goto(path);
			await page.getByRole("heading", { level: 1 }).waitFor();
			await visitor.expectAccessible();
		}
		await visitor.signIn(email);
		await page.getByRole("gridcell").first().waitFor();
		await visitor.expectAccessible();
		await page.getByRole("gridcell").first().click();
		await page.getByRole("dialog").getByRole("img").first().waitFor();
		await visitor.expectAccessible();
		await page.keyboard.press("Escape");
		await page.goto("/search?q=boarding+pass&ask=true");
		await page.getByRole("button", { name: "Open item 1" }).first().waitFor();
		await visitor.expectAccessible();
		await page.goto("/chat");
		await page.getByRole("heading", { name: "Ask your collection" }).waitFor();
		await visitor.expectAccessible();
		await page.goto("/albums");
		await page.getByRole("heading", { name: "No albums yet" }).waitFor();
		await visitor.expectAccessible();
		await page.getByRole("button", { name: "New album" }).click();
		await page.getByText("Fill it by a search").click();
		await page.getByLabel("Words or meaning").waitFor();
		await visitor.expectAccessible();
		await page.goto("/tags");
		await page.getByRole("heading", { name: "Tags", exact: true }).waitFor();
		await visitor.expectAccessible();
		await page.goto("/duplicates");
		await page.getByRole("heading", { name: "No duplicates" }).waitFor();
		await visitor.expectAccessible();
		await page.goto("/review");
		await page.getByRole("textbox", { name: "Headline" }).waitFor();
		await visitor.expectAccessible();
		await page.goto("/trash");
		await page.getByRole("heading", { name: "Trash", exact: true }).waitFor();
		await visitor.expectAccessible();
		await page.goto("/settings");
		await page.getByText("No model billed anything").waitFor();
		// Of a message of another scenario, the number is any.
		await page
			.getByText("Chat messages today")
			.locator("..")
			.getByText(/^\d+ of 5,000$/)
			.waitFor();
		await visitor.expectAccessible();
		await page.goto("/no-such-page");
		await page.getByRole("heading", { name: "There is no such page" }).waitFor();
		await visitor.expectAccessible();
		await visitor.close();
	},
	300_000,
);

test.each(["de", "ja"])("the app speaks %s", async (locale) => {
	const visitor = await Visitor.open(browser);
	await visitor.signIn(email);
	await visitor.page.goto("/settings");
	await visitor.page.getByText({ de: "Deutsch", ja: "日本語" }[locale] ?? "").click();
	await visitor.page.getByRole("heading", { name: { de: "Einstellungen", ja: "設定" }[locale] }).waitFor();
	await visitor.page.reload();
	await visitor.page.getByRole("heading", { name: { de: "Einstellungen", ja: "設定" }[locale] }).waitFor();
	await visitor.close();
});
