import type { Browser } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect } from "vitest";
import { openBrowser, preparePeople, samplePictures, test, Visitor } from "./visitor.ts";

let browser: Browser;
let enter: ReturnType<typeof preparePeople>;
beforeAll(async () => {
	browser = await openBrowser();
	const [first, second, third] = await samplePictures();
	if (!first || !second || !third) throw new Error("There are fewer than three samples.");
	const small = { name: "small.png", bytes: await sharp(first.bytes).resize(540).png().toBuffer() };
	enter = preparePeople({
		"albums-phone": [first, second, third],
		"albums-desk": [first, second, third],
		smart: [first, second, third],
		tags: [first, second],
		twins: [first, second, small],
		versions: [first],
	});
});
afterAll(() => browser.close());

test.each(["phone", "desk"] as const)(
	"on a %s an album is made from selected pictures, put in order, shared, and deleted",
	async (size) => {
		const visitor = await Visitor.open(browser, { size });
		const { page } = visitor;
		await enter(visitor, `albums-${size}`);
		await page.getByRole("gridcell").first().focus();
		await page.keyboard.press("Space");
		await page.keyboard.press("Shift+ArrowRight");
		await page.getByRole("toolbar").getByRole("button", { name: "Album" }).click();
		const picker = page.getByRole("dialog");
		await picker.getByText("no album to which you add items").waitFor();
		await visitor.expectAccessible();
		await picker.getByRole("button", { name: "New album" }).click();
		await page.getByLabel("Name").fill("By the sea");
		await page.getByRole("button", { name: "Create album" }).click();
		await page.getByText("2 items added to By the sea.").waitFor();

		await page.getByRole("link", { name: "Albums" }).click();
		await page.getByRole("link", { name: /By the sea/ }).click();
		await page.getByRole("heading", { name: "By the sea" }).waitFor();
		const names = () => page.getByRole("gridcell").evaluateAll((cells) => cells.map((cell) => cell.ariaLabel));
		await expect.poll(async () => (await names()).length).toBe(2);
		const before = await names();
		await page.getByRole("gridcell").first().focus();
		await page.keyboard.press("Space");
		await page.getByRole("button", { name: "Later" }).click();
		await expect.poll(names).toEqual(before.toReversed());
		await page.getByRole("button", { name: "Cover" }).click();
		await page.getByText("It is the cover now.").waitFor();

		await page.getByRole("button", { name: "Share" }).click();
		await page.getByLabel("The link works for").selectOption("7");
		await page.getByRole("textbox", { name: "Password" }).fill("open sesame");
		await page.getByText("Allow downloads").click();
		await page.getByRole("button", { name: "Make a link" }).click();
		const url = await page.getByLabel("Link", { exact: true }).inputValue();
		const links = page.getByRole("dialog").getByRole("listitem");
		await links.filter({ hasText: "with a password · with downloads" }).waitFor();
		const guest = await fetch(url, { method: "POST", body: '{"password":"open sesame"}', headers: json });
		expect(await guest.json()).toMatchObject({ title: "By the sea", total: 2, allow_download: true });
		await page.getByRole("button", { name: "Stop sharing" }).click();
		await links.waitFor({ state: "detached" });
		expect((await fetch(url, { headers: json })).status).toBe(404);
		await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();

		await page.getByRole("button", { name: "Edit" }).click();
		await page.getByLabel("Name").fill("By the lake");
		await page.getByRole("button", { name: "Save" }).click();
		await page.getByRole("heading", { name: "By the lake" }).waitFor();
		await page.getByRole("gridcell").first().focus();
		await page.keyboard.press("Space");
		await page.getByRole("button", { name: "Take out" }).click();
		await expect.poll(async () => (await names()).length).toBe(1);
		// The bar of the selection, which has such a button too, goes after the picture.
		await page.getByRole("toolbar", { name: "Selected items" }).waitFor({ state: "detached" });
		await page.getByRole("main").getByRole("button", { name: "Delete" }).click();
		await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
		await page.getByRole("heading", { name: "No albums yet" }).waitFor();
		await page.goto("/");
		await page.getByText("3 items").waitFor();
		await visitor.close();
	},
);

const json = { "content-type": "application/json", accept: "application/json" };

test("a smart album has what its search finds, and a picture joins an album from the viewer", async () => {
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await enter(visitor, "smart");
	await page.goto("/albums");
	await page.getByRole("button", { name: "New album" }).click();
	await page.getByLabel("Name").fill("Flights");
	await page.getByText("Fill it by a search").click();
	await page.getByRole("button", { name: "Create album" }).click();
	await page.getByText("Say what belongs in it").waitFor();
	await page.getByLabel("Words or meaning").fill("boarding pass");
	await page.getByRole("button", { name: "Create album" }).click();
	await page.getByRole("heading", { name: "Flights" }).waitFor();
	await page.getByRole("gridcell", { name: /boarding/i }).click();
	await page.getByRole("button", { name: "Add to album" }).first().click();
	await page.getByRole("button", { name: "New album" }).click();
	await page.getByLabel("Name").fill("By hand");
	await page.getByRole("button", { name: "Create album" }).click();
	await page.getByText("Added to By hand.").waitFor();
	await page.goto("/albums");
	await page.getByRole("link", { name: /By hand.*1 item/ }).waitFor();
	await visitor.close();
});

test("tags are given to many pictures, suggested in the viewer, merged, and deleted", async () => {
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await enter(visitor, "tags");
	await page.getByRole("gridcell").first().focus();
	await page.keyboard.press("Space");
	await page.keyboard.press("Shift+ArrowRight");
	await page.getByRole("toolbar").getByRole("button", { name: "Tag" }).click();
	await page.getByRole("textbox", { name: "Tags" }).fill("holiday");
	await page.keyboard.press("Enter");
	await page.getByRole("textbox", { name: "Tags" }).fill("seaside");
	await page.getByRole("button", { name: "Add tags" }).click();
	await page.getByText("2 items tagged.").waitFor();

	await page.getByRole("gridcell").first().click();
	await page.getByRole("button", { name: "Edit" }).click();
	await page.getByRole("button", { name: "Remove the tag holiday" }).click();
	await page.getByRole("list", { name: "Tags in use" }).getByRole("button", { name: "holiday" }).click();
	await page.getByRole("button", { name: "Remove the tag seaside" }).click();
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByText("Saved.").waitFor();
	await page.keyboard.press("Escape");

	await page.goto("/tags");
	await page.getByRole("link", { name: "holiday 2 items" }).waitFor();
	await page.getByRole("link", { name: "seaside 1 item" }).waitFor();
	await page.getByRole("button", { name: "Rename seaside" }).click();
	await page.getByLabel("New name").fill("Holiday");
	await page.getByText("the two become one").waitFor();
	await page.getByRole("button", { name: "Merge" }).click();
	await page.getByRole("link", { name: /seaside/ }).waitFor({ state: "detached" });
	await page.getByRole("link", { name: /^holiday 2 items/i }).waitFor();
	await page.getByRole("button", { name: /^Delete holiday/i }).click();
	await page.getByRole("button", { name: "Delete tag" }).click();
	await page.getByRole("link", { name: /^holiday/i }).waitFor({ state: "detached" });
	await visitor.close();
});

test("of near-duplicates the largest is kept with all tags, and undoing brings the other back", async () => {
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await enter(visitor, "twins");
	await page.goto("/duplicates");
	const group = page.getByRole("region", { name: "2 pictures that are nearly the same" });
	await group.waitFor();
	await visitor.expectAccessible();
	await expect.poll(() => group.getByRole("radio", { checked: true }).count()).toBe(1);
	await group.getByText("720 × 960").waitFor();
	await group.getByRole("button", { name: /^Keep one/ }).click();
	await page.getByRole("heading", { name: "No duplicates" }).waitFor();
	await page.getByRole("button", { name: "Undo" }).click();
	await group.waitFor();
	await group.getByRole("button", { name: "Keep all" }).click();
	await page.reload();
	await page.getByRole("heading", { name: "No duplicates" }).waitFor();
	await visitor.close();
});

test("versions stand side by side, an earlier one's words are taken, and a review saves them", async () => {
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await enter(visitor, "versions");
	await page.getByRole("gridcell").first().click();
	await page.getByRole("button", { name: "Read again" }).click();
	await page.getByRole("button", { name: "Compare versions" }).click({ timeout: 60_000 });
	const dialog = page.getByRole("dialog", { name: "Versions" });
	await dialog.getByRole("region", { name: "version 1" }).waitFor();
	await dialog.getByRole("region", { name: "version 2" }).waitFor();
	await visitor.expectAccessible();
	await dialog
		.getByRole("button", { name: /^Use its headline/ })
		.first()
		.click();
	await page.getByText("Saved.").waitFor();
	await page.goto("/review");
	await page.getByText("0 of 1 reviewed").waitFor();
	await page.getByText("100% agreement").first().waitFor();
	await visitor.expectAccessible();
	await page.getByRole("textbox", { name: "Headline" }).fill("A boarding pass to Reykjavik");
	await page.getByRole("button", { name: "Save and go on" }).click();
	await page.getByRole("heading", { name: "Nothing to review" }).waitFor();
	await page.getByLabel("Show").selectOption("reviewed");
	await expect.poll(() => page.getByRole("textbox", { name: "Headline" }).inputValue()).toContain("to Reykjavik");
	await visitor.close();
});
