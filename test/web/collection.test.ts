import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { newPerson, openBrowser, type PictureFile, preparePeople, samplePictures, test, Visitor } from "./visitor.ts";

let browser: Browser;
let samples: PictureFile[];
let enter: ReturnType<typeof preparePeople>;
beforeAll(async () => {
	browser = await openBrowser();
	samples = await samplePictures();
	enter = preparePeople({
		owner: samples.slice(0, 1),
		keys: samples.slice(0, 3),
		talker: samples.slice(0, 6),
		windows: samples.slice(0, 1),
	});
});
afterAll(() => browser.close());

const eventStream = { contentType: "text/event-stream", headers: { "access-control-allow-origin": "*" } };
const sse = (event: string, data: object) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

test.each(["phone", "desk"] as const)(
	"on a %s pictures are added, become ready, are found by their words, looked at, and put in the trash",
	async (size) => {
		const visitor = await Visitor.open(browser, { size });
		const { page } = visitor;
		await visitor.signIn(await newPerson(`collector-${size}@example.com`));
		await visitor.add([
			...samples.slice(0, 3),
			{ name: '<img src=x onerror="alert(1)">.png', bytes: samples[3]?.bytes ?? new Uint8Array() },
		]);
		await page.getByText("4 pictures added").waitFor({ timeout: 90_000 });
		await page.getByRole("region", { name: "Uploads" }).getByRole("button", { name: "Close" }).click();
		await page.getByRole("gridcell").nth(3).waitFor();
		expect(await page.locator("img[src=x]").count()).toBe(0);

		const search = page.getByRole("searchbox");
		await search.fill("boarding pass");
		await page
			.locator("li mark", { hasText: /boarding pass/i })
			.first()
			.waitFor();
		expect(page.url()).toContain("q=boarding");
		await search.press("Enter");
		await page.getByRole("button", { name: "Open item 1" }).first().click();
		const viewer = page.getByRole("dialog", { name: /boarding/i });
		await viewer.waitFor();
		await page.keyboard.press("Escape");
		await viewer.waitFor({ state: "detached" });

		await page
			.getByRole("button", { name: /boarding pass/i })
			.first()
			.click();
		await viewer.locator("svg rect").first().waitFor();
		if (size === "desk") await viewer.getByRole("term").filter({ hasText: "Gate" }).waitFor();
		await page.keyboard.press("Delete");
		await page.getByText("Moved to the trash.").waitFor();
		await page.goto("/");
		await page.getByText("3 items").waitFor();
		await page.goto("/trash");
		await page.getByRole("gridcell").first().focus();
		await page.keyboard.press("Space");
		await page.getByRole("button", { name: "Restore" }).click();
		await page.getByRole("heading", { name: "The trash is empty" }).waitFor();
		await page.goto("/");
		await page.getByText("4 items").waitFor();
		await visitor.close();
	},
);

test("nobody sees another person's pictures", async () => {
	const owner = await Visitor.open(browser);
	const other = await Visitor.open(browser, { expected: /status of 404/ });
	await enter(owner, "owner");
	await other.signIn(await newPerson("other@example.com"));
	await owner.page.getByRole("gridcell").first().click();
	await owner.page.getByRole("dialog").waitFor();
	await other.page.goto(new URL(owner.page.url()).pathname + new URL(owner.page.url()).search);
	await other.page.getByRole("dialog").getByRole("alert").waitFor();
	expect(await other.page.getByRole("gridcell").count()).toBe(0);
	await owner.close();
	await other.close();
});

test("keys select, extend and open; the list of keys says so", async () => {
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await enter(visitor, "keys");
	await page.getByRole("gridcell").first().focus();
	await page.keyboard.press("Space");
	await page.keyboard.press("Shift+ArrowRight");
	await page.getByText("2 selected").waitFor();
	await page.keyboard.press("Escape");
	await page.getByText("2 selected").waitFor({ state: "detached" });
	await page.keyboard.press("Home");
	await page.keyboard.press("Space");
	await page.keyboard.press("Shift+ArrowRight");
	await page.getByRole("toolbar").getByRole("button", { name: "Favourite" }).click();
	await expect.poll(() => page.getByRole("gridcell", { name: /, favourite/ }).count()).toBe(2);
	await page.getByRole("gridcell").first().focus();
	await page.keyboard.press("Enter");
	await page.getByRole("dialog").waitFor();
	const first = new URL(page.url()).searchParams.get("item");
	await page.keyboard.press("ArrowRight");
	await expect.poll(() => new URL(page.url()).searchParams.get("item")).not.toBe(first);
	await page.keyboard.press("Escape");
	await page.getByRole("dialog").waitFor({ state: "detached" });
	await page.keyboard.press("?");
	await page.getByRole("heading", { name: "Keyboard" }).waitFor();
	await page.keyboard.press("Escape");
	await page.keyboard.press("/");
	await expect.poll(() => page.evaluate("document.activeElement.type")).toBe("search");
	await visitor.close();
});

/** Lets a streamed answer through, and keeps its last event back until `endStream` is called. */
const holdEndOfStream = `
	const plainFetch = fetch;
	const isEnding = new Promise((resolve) => {
		globalThis.endStream = resolve;
	});
	globalThis.fetch = async (...request) => {
		const response = await plainFetch(...request);
		if (!response.url.endsWith("/chat/stream")) return response;
		const held = new TransformStream({
			async transform(text, out) {
				const end = text.indexOf("event: done");
				if (end < 0) return out.enqueue(text);
				out.enqueue(text.slice(0, end));
				await isEnding;
				out.enqueue(text.slice(end));
			},
		});
		const body = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(held).pipeThrough(new TextEncoderStream());
		return new Response(body, response);
	};`;

test("a chat answers from the collection, and its citation opens the picture", async () => {
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await enter(visitor, "talker");
	await page.getByRole("link", { name: "Chat" }).click();
	await page.evaluate(holdEndOfStream);
	await page.getByRole("textbox", { name: "Your message" }).fill("Which gate is on my boarding pass?");
	await page.keyboard.press("Enter");
	const answer = page.getByRole("article", { name: "Answer" });
	await answer.getByRole("button", { name: "Open item 1" }).first().click();
	const picture = page.getByRole("dialog", { name: /boarding/i });
	await picture.waitFor();
	await page.evaluate("endStream()");
	await page.waitForURL(/\/chat\/[\w-]+\?/);
	expect(await picture.count(), "the picture stays open when the answer ends").toBe(1);
	await page.keyboard.press("Escape");
	await page.reload();
	await answer.first().waitFor();

	await page.getByRole("link", { name: /^Which gate/ }).hover();
	await page.getByRole("button", { name: "Rename this conversation" }).click();
	await page.getByLabel("Title").fill("Lisbon");
	await page.keyboard.press("Enter");
	await page.getByRole("link", { name: /^Lisbon/ }).waitFor();
	await page.getByRole("button", { name: /like “.*boarding/i }).waitFor();

	await page.goto("/search?q=which+gate+is+on+my+boarding+pass&ask=true");
	const pane = page.getByRole("complementary", { name: "Answer" });
	await pane.getByRole("button", { name: "Open item 1" }).first().waitFor();
	expect(await pane.getByRole("button", { name: "Stop" }).count()).toBe(0);
	await visitor.close();
});

test("an answer that is refused, cut or stopped says so, and goes on", async () => {
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await page.clock.install();
	await enter(visitor, "talker");
	await page.getByRole("link", { name: "Chat" }).click();
	const field = page.getByRole("textbox", { name: "Your message" });
	const ask = async (message: string) => {
		await field.fill(message);
		await page.keyboard.press("Enter");
	};
	const streamed = (handle: Parameters<typeof page.route>[1]) => page.route("**/chat/stream", handle, { times: 1 });

	await streamed((route) =>
		route.fulfill({
			...eventStream,
			body: sse("error", { status: 429, detail: "Too many questions at once.", code: "rate_limited", retry_after: 30 }),
		}),
	);
	await ask("Which gate is on my boarding pass?");
	const refusal = page.getByRole("alert").filter({ hasText: "Too many questions at once." });
	await refusal.getByRole("button", { name: /^Retry in \d+ s$/ }).waitFor();
	await page.clock.fastForward(30_000);
	// The turn is answered, but its stream ends after the first event: the history has the answer.
	await streamed(async (route) => {
		await route.fetch();
		await route.fulfill({ ...eventStream, body: sse("step", { text: "Searching." }) });
	});
	await refusal.getByRole("button", { name: "Try again" }).click();
	const answer = page.getByRole("article", { name: "Answer" });
	await answer.getByRole("button", { name: "Open item 1" }).first().waitFor();
	expect(await page.getByRole("log").getByText("Which gate is on my boarding pass?", { exact: true }).count()).toBe(1);

	// It ends when its turn is canceled, as the API does; the offline models are faster than a press.
	const canceled = page.waitForRequest((request) => request.method() === "DELETE");
	await streamed(async (route) => {
		await canceled;
		const body = sse("error", { status: 409, detail: "The turn was canceled.", code: "turn_canceled" });
		await route.fulfill({ ...eventStream, body });
	});
	await ask("And when does it leave?");
	await page.getByRole("button", { name: "Stop" }).click();
	await page.getByText("Stopped.").waitFor();
	expect(await field.inputValue()).toBe("And when does it leave?");
	await visitor.close();
});

test("a deployment without streams answers plainly", async () => {
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await page.route("**/config.json", async (route) => {
		const { streamUrl: _, ...config } = await (await route.fetch()).json();
		await route.fulfill({ json: config });
	});
	await enter(visitor, "owner");
	await page.getByRole("link", { name: "Chat" }).click();
	await page.getByRole("textbox", { name: "Your message" }).fill("What do I have?");
	const plain = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/chat"));
	await page.keyboard.press("Enter");
	await plain;
	await page.getByRole("article", { name: "Answer" }).waitFor();
	await visitor.close();
});

test("of two windows that change an item the second is told, and loses neither change", async () => {
	const visitor = await Visitor.open(browser, { expected: /status of 412/ });
	const { page, context } = visitor;
	await enter(visitor, "windows");
	await page.getByRole("gridcell").first().click();
	await page.getByRole("button", { name: "Edit" }).click();
	await page.getByLabel("Your note").fill("From the first window");
	const other = await context.newPage();
	await other.goto(page.url());
	await other.getByRole("button", { name: "Edit" }).click();
	await other.getByLabel("Headline").fill("From the other window");
	await other.getByRole("button", { name: "Save" }).click();
	await other.getByText("Saved.").waitFor();
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByText("changed elsewhere").waitFor();
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByText("Saved.").waitFor();
	await page.getByRole("heading", { name: "From the other window" }).waitFor();
	await page.getByText("From the first window").waitFor();
	await visitor.close();
});
