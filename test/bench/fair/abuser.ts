// The abuser's process: announces 680 uploads, sends 20 pictures of noise, then floods until it is told to stop.

import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import type { AbuseCounts, AbuserMessage } from "./abuser-process.ts";

const announcements = 680;
const noisePictures = 20;
const chatLoops = 60;
const listsPerSecond = 150;
/** Of a loop that was refused. */
const pauseMs = 1_000;
/** A client gives up then. */
const timeoutMs = 30_000;

const [apiUrl = ""] = process.argv.slice(2);
const authorization = `Bearer ${process.env.ABUSER_TOKEN}`;
const counts: AbuseCounts = {
	...{ announced: 0, noise: 0 },
	...{ chatsAnswered: 0, chatsRefused: 0, listsAnswered: 0, listsRefused: 0 },
};
const tell = (message: AbuserMessage) => process.send?.(message);

let stopped = false;
process.once("message", () => {
	stopped = true;
	tell(counts);
	process.disconnect();
	process.exit();
});

await Promise.all(Array.from({ length: 20 }, announce));
await Promise.all(Array.from({ length: noisePictures }, sendNoise));
for (let loop = 0; loop < chatLoops; loop++) void chat();
void flood();
tell("begun");

/** Returns the status of the answer; 0 where none came in time. */
async function statusOf(method: string, route: string, body?: object | FormData): Promise<number> {
	const isForm = body instanceof FormData;
	try {
		const response = await fetch(apiUrl + route, {
			method,
			headers: { authorization, ...(body && !isForm && { "content-type": "application/json" }) },
			...(body && { body: isForm ? body : JSON.stringify(body) }),
			signal: AbortSignal.timeout(timeoutMs),
		});
		await response.arrayBuffer();
		return response.status;
	} catch (error) {
		if ((error as Error).name === "TimeoutError") return 0;
		throw error;
	}
}

async function announce(): Promise<void> {
	while (counts.announced < announcements) {
		counts.announced++;
		const upload = { filename: `${counts.announced}.png`, content_type: "image/png", size: 1_000 };
		const status = await statusOf("POST", "/uploads", upload);
		if (status === 201 || status === 200) continue;
		counts.announced--;
		if (status !== 429) throw new Error(`POST /uploads answered ${status}.`);
		await sleep(pauseMs);
	}
}

/** A black and white picture of 310 KB, each pixel at random. */
async function noise(): Promise<Uint8Array<ArrayBuffer>> {
	const side = 1_568;
	const pixels = new Uint8Array(side * side);
	for (let at = 0; at < pixels.length; at += 65_536) {
		crypto.getRandomValues(pixels.subarray(at, Math.min(at + 65_536, pixels.length)));
	}
	const raw = { width: side, height: side, channels: 1 as const };
	const png = sharp(
		pixels.map((value) => (value & 1) * 255),
		{ raw },
	).png({ palette: true, colours: 2, effort: 1 });
	return new Uint8Array(await png.toBuffer());
}

async function sendNoise(): Promise<void> {
	const form = new FormData();
	form.set("file", new Blob([await noise()]), "noise.png");
	const status = await statusOf("POST", "/items", form);
	if (status < 200 || status > 299) throw new Error(`POST /items answered ${status} to noise.`);
	counts.noise++;
}

async function chat(): Promise<void> {
	while (!stopped) {
		const status = await statusOf("POST", "/chat", { message: "What is in my pictures, and when did I take them?" });
		if (status === 200) counts.chatsAnswered++;
		else {
			if (status === 429) counts.chatsRefused++;
			await sleep(pauseMs);
		}
	}
}

async function flood(): Promise<void> {
	const began = performance.now();
	for (let sent = 0; !stopped; sent++) {
		await sleep(Math.max(0, began + (sent * 1_000) / listsPerSecond - performance.now()));
		void statusOf("GET", "/items").then((status) => {
			if (status === 200) counts.listsAnswered++;
			if (status === 429) counts.listsRefused++;
		});
	}
}
