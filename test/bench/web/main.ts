// make bench-web: what the web app costs a browser, against a bare page of Vite and React, and a bare TanStack list.
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import { build } from "vite";
import { main, step } from "#deployment/progress.ts";
import { buildWeb, maxKilobytes, webFolder } from "#scripts/web/build-web.ts";
import { chromiumPath, hasChromium } from "../../web/chromium.ts";
import { demand, measured, median, report } from "../report.ts";
import { collectionSize, serveCollection } from "./collection-server.ts";
import { type FirstVisit, firstVisit, heapGrowth, type Scrolled, scrolled } from "./visits.ts";

const rounds = Number(process.env.ROUNDS || 3);
const minutes = Number(process.env.MINUTES || 10);
/** Times the bare page's. */
const maxPaintRatio = 2;
/** Times the bare list's. */
const maxDroppedRatio = 1.2;
/** The share of frames that any page drops on a busy machine. */
const droppedAnyway = 0.01;
const maxHeapRatio = 1.3;

await main(async () => {
	if (!hasChromium) throw new Error(`There is no ${chromiumPath}: apt-get install chromium.`);
	process.env.NODE_ENV = "production";
	await using folder = await mkdtempDisposable(path.join(tmpdir(), "collections-bench-web-"));
	const root = path.join(import.meta.dirname, "bare");
	const kilobytes = measured("KB of JavaScript", await step("Building the app", buildWeb));
	await build({
		root,
		base: "/bare/",
		configFile: false,
		logLevel: "warn",
		build: {
			outDir: folder.path,
			emptyOutDir: true,
			rolldownOptions: { input: [path.join(root, "index.html"), path.join(root, "list.html")] },
		},
	});
	const server = await serveCollection({ app: webFolder, bare: folder.path });
	const browser = await chromium.launch({
		executablePath: chromiumPath,
		args: ["--no-sandbox", "--disable-dev-shm-usage"],
	});
	try {
		const app = `${server.origin}/`;
		const bare = `${server.origin}/bare/`;
		const visits: Record<"app" | "bare", FirstVisit[]> = { app: [], bare: [] };
		const scrolls: Record<"app" | "bare", Scrolled[]> = { app: [], bare: [] };
		await step("Opening, searching and scrolling", async (update) => {
			for (let round = 0; round < rounds; round++) {
				// In turns, so that both meet the same machine.
				visits.bare.push(await firstVisit(browser, bare, "li"));
				visits.app.push(await firstVisit(browser, app, "li mark"));
				const { layout, ...ours } = await scrolled(browser, app, "[role=gridcell]");
				scrolls.app.push(ours);
				scrolls.bare.push(await scrolled(browser, `${bare}list.html?${layout}`, ".picture"));
				update(round + 1, rounds);
			}
		});
		const heap = await step(`Using the app for ${minutes} minutes`, () => heapGrowth(browser, app, minutes));

		const medianOf = (page: "app" | "bare", key: keyof FirstVisit) => median(visits[page].map((each) => each[key]));
		const ratio = (key: keyof FirstVisit) => medianOf("app", key) / medianOf("bare", key);
		const dropped = (page: "app" | "bare") =>
			median(scrolls[page].map(({ dropped, shown }) => dropped / (dropped + shown)));
		const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(1);
		report(
			"web",
			[
				{ measure: "JavaScript before the first search, KB gzip", app: kilobytes, bare: "" },
				{
					measure: "largest contentful paint, ms",
					app: medianOf("app", "largestPaint").toFixed(0),
					bare: medianOf("bare", "largestPaint").toFixed(0),
				},
				{
					measure: "navigation to the results of a first search, ms",
					app: medianOf("app", "firstSearch").toFixed(0),
					bare: medianOf("bare", "firstSearch").toFixed(0),
				},
				{
					measure: `frames dropped while ${collectionSize.toLocaleString("en")} items are scrolled, %`,
					app: (dropped("app") * 100).toFixed(1),
					bare: (dropped("bare") * 100).toFixed(1),
				},
				{ measure: `heap after ${minutes} minutes of use, MB`, app: megabytes(heap.after), bare: "" },
				{ measure: "heap at their beginning, MB", app: megabytes(heap.before), bare: "" },
			],
			[
				demand("JavaScript before the first search, KB gzip", kilobytes, maxKilobytes),
				demand("largest contentful paint, times the bare page's", ratio("largestPaint"), maxPaintRatio),
				demand(
					"frames dropped while scrolling, times the bare list's",
					Math.max(dropped("app"), droppedAnyway) / Math.max(dropped("bare"), droppedAnyway),
					maxDroppedRatio,
				),
				demand(`heap after ${minutes} minutes, times that at their beginning`, heap.after / heap.before, maxHeapRatio),
			],
			[
				`The first search takes ${ratio("firstSearch").toFixed(1)} times the bare page's, which does not wait for the end of a word.`,
				`Medians of ${rounds} rounds with an empty cache on a processor that is slowed down four times; the bare page is Vite's, with React, pictures, and a field that searches.`,
				"The bare list has pictures of the same size and knows all their addresses. Below one frame in a hundred, drops are the machine's.",
				"Both get their answers from one server's memory.",
			],
		);
	} finally {
		await browser.close();
		await server.stop();
	}
});
