import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { collectionSize } from "./collection-server.ts";

const viewport = { width: 1440, height: 900 };
const cpuSlowdown = 4;
/** Pixels a frame, as a hand that flicks a wheel. */
const scrolledPerFrame = 240;
const scrolledFrames = 240;
const frameMs = 1_000 / 60;

/** The tokens of somebody who is signed in; the collection's server asks for none. */
function tokens(): string {
	const claims = { sub: "bench", email: "bench@example.com", exp: Math.floor(Date.now() / 1_000) + 86_400 };
	const idToken = `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.bench`;
	return JSON.stringify({ idToken, accessToken: idToken, refreshToken: "bench" });
}

/** Somebody with an empty cache in front of a page. */
async function visit<T>(browser: Browser, see: (page: Page, cdp: CDPSession) => Promise<T>): Promise<T> {
	const context: BrowserContext = await browser.newContext({
		viewport,
		locale: "en-GB",
		serviceWorkers: "block",
		storageState: undefined,
	});
	try {
		await context.addInitScript(`localStorage.setItem("collections.tokens", ${JSON.stringify(tokens())})`);
		const page = await context.newPage();
		page.setDefaultTimeout(120_000);
		return await see(page, await context.newCDPSession(page));
	} finally {
		await context.close();
	}
}

export interface FirstVisit {
	/** Milliseconds from the navigation to the largest contentful paint. */
	largestPaint: number;
	/** Milliseconds from the navigation until a search that is typed at once shows its results. */
	firstSearch: number;
}

/** Opens a page on a slow processor, and searches as soon as its field is there. */
export function firstVisit(browser: Browser, url: string, result: string): Promise<FirstVisit> {
	return visit(browser, async (page, cdp) => {
		await cdp.send("Emulation.setCPUThrottlingRate", { rate: cpuSlowdown });
		await page.goto(url, { waitUntil: "load" });
		// The pictures are what is large.
		// Rarely, since looking takes the page's processor.
		await page.waitForFunction(
			"[...document.images].some((image) => image.complete && image.naturalWidth > 0)",
			undefined,
			{ polling: 250 },
		);
		await page.waitForTimeout(1_000);
		const largestPaint = (await page.evaluate(`new Promise((resolve) =>
			new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime)).observe({
				type: "largest-contentful-paint", buffered: true }))`)) as number;
		await page.goto("about:blank");
		await page.goto(url, { waitUntil: "commit" });
		await page.locator("input[type=search]").fill("receipt");
		await page.locator(result).first().waitFor();
		const firstSearch = (await page.evaluate("performance.now()")) as number;
		return { largestPaint, firstSearch };
	});
}

export interface Scrolled {
	/** Of the frames that a screen with 60 a second shows meanwhile. */
	dropped: number;
	shown: number;
}

/** Scrolls through a long list, so many pixels in each frame. @returns the layout, too, for a list of the same size */
export function scrolled(browser: Browser, url: string, picture: string): Promise<Scrolled & { layout: string }> {
	return visit(browser, async (page) => {
		await page.goto(url);
		await page.locator(picture).nth(10).waitFor();
		await page.waitForTimeout(1_000);
		const layout = (await page.evaluate(`(() => {
			const boxes = [...document.querySelectorAll(${JSON.stringify(picture)})].map((each) => each.getBoundingClientRect());
			const tops = [...new Set(boxes.map(({ top }) => Math.round(top)))].sort((a, b) => a - b);
			const columns = boxes.filter(({ top }) => Math.round(top) === tops[0]).length;
			const rowHeight = Math.min(...tops.slice(1).map((top, at) => top - tops[at]));
			return new URLSearchParams({ count: ${collectionSize}, columns, rowHeight }).toString();
		})()`)) as string;
		const times = (await page.evaluate(`new Promise((resolve) => {
			const times = [];
			const step = (time) => {
				times.push(time);
				if (times.length > ${scrolledFrames}) return resolve(times);
				window.scrollBy(0, ${scrolledPerFrame});
				requestAnimationFrame(step);
			};
			requestAnimationFrame(step);
		})`)) as number[];
		const reached = (await page.evaluate("window.scrollY")) as number;
		if (reached < (scrolledPerFrame * scrolledFrames) / 2) {
			throw new Error(`${url} was scrolled by ${reached} pixels: its list is too short to be measured.`);
		}
		const first = times[0] ?? 0;
		const slots = Math.round(((times.at(-1) ?? first) - first) / frameMs);
		return { dropped: Math.max(0, slots - (times.length - 1)), shown: times.length - 1, layout };
	});
}

/** Uses the app for so long, and compares the memory that its objects take with that after its first minute. */
export function heapGrowth(browser: Browser, url: string, minutes: number): Promise<{ before: number; after: number }> {
	return visit(browser, async (page, cdp) => {
		await page.goto(url);
		const began = performance.now();
		let rounds = 0;
		const use = async (untilMinute: number) => {
			do {
				await page.getByRole("gridcell").nth(10).waitFor();
				for (let step = 0; step < 20; step++) {
					await page.mouse.wheel(0, 1_500);
					await page.waitForTimeout(50);
				}
				await page.keyboard.press("/");
				await page.locator("input[type=search]").fill(`receipt ${rounds++ % 7}`);
				await page.locator("li mark").first().waitFor();
				await page.getByRole("link", { name: "Albums" }).click();
				await page.getByRole("link", { name: "Library", exact: true }).click();
			} while (performance.now() - began < untilMinute * 60_000);
			await page.getByRole("gridcell").nth(10).waitFor();
			return usedHeap(cdp);
		};
		const before = await use(Math.min(1, minutes / 10));
		return { before, after: await use(minutes) };
	});
}

async function usedHeap(cdp: CDPSession): Promise<number> {
	await cdp.send("HeapProfiler.enable");
	await cdp.send("HeapProfiler.collectGarbage");
	return (await cdp.send("Runtime.getHeapUsage")).usedSize;
}
