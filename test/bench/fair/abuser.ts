// The abuser's process: begins an attack, then floods until it is told to stop.

import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import type { AbuserMessage } from "./abuser-process.ts";
import { type Answers, type AttackName, attackOf } from "./attacks.ts";

/** Of a loop that was refused. */
const pauseMs = 1_000;
/** A client gives up then. */
const timeoutMs = 30_000;

const [apiUrl = "", name] = process.argv.slice(2);
const attack = attackOf(name as AttackName);
const authorization = `Bearer ${process.env.ABUSER_TOKEN}`;
const answers: Answers = {};
const tell = (message: AbuserMessage) => process.send?.(message);

let stopped = false;
let announced = 0;
let cpuAtStart = process.cpuUsage();
process.once("message", () => {
	stopped = true;
	const { user, system } = process.cpuUsage(cpuAtStart);
	tell({ answers, cpuSeconds: (user + system) / 1e6 });
	process.disconnect();
	process.exit();
});

const { announcements = 0, noisePictures = 0, chatLoops = 0 } = attack;
await Promise.all(Array.from({ length: 20 }, announce));
await Promise.all(Array.from({ length: noisePictures }, sendNoise));
for (let loop = 0; loop < chatLoops; loop++) void chat();
if (attack.listsPerSecond) void flood(attack.listsPerSecond, "lists", () => statusOf("GET", "/items"));
if (attack.searchesPerSecond) {
	void flood(attack.searchesPerSecond, "searches", () => statusOf("POST", "/search", { query: "receipt" }));
}
if (attack.formUsesPerSecond) void flood(attack.formUsesPerSecond, "form uses", await formUse());
cpuAtStart = process.cpuUsage();
tell("begun");

async function send(url: string, init: RequestInit): Promise<Response | null> {
	try {
		const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
		// The time may also end between head and body.
		const body = await response.arrayBuffer();
		return new Response(body.byteLength > 0 ? body : null, response);
	} catch (error) {
		const { name, cause } = error as Error;
		// A server may close a kept connection as the next request begins.
		if (name === "TimeoutError" || (cause as { code?: string } | undefined)?.code === "UND_ERR_SOCKET") return null;
		throw error;
	}
}

/** Returns the status of the answer; 0 where none came in time. */
async function statusOf(method: string, route: string, body?: object | FormData): Promise<number> {
	const isForm = body instanceof FormData;
	const response = await send(apiUrl + route, {
		method,
		headers: { authorization, ...(body && !isForm && { "content-type": "application/json" }) },
		...(body && { body: isForm ? body : JSON.stringify(body) }),
	});
	return response?.status ?? 0;
}

/** @throws where the request itself is wrong: an attack by such requests would cost nobody anything */
function count(what: string, status: number): void {
	if (status >= 400 && status < 500 && status !== 429) throw new Error(`The ${what} are answered with ${status}.`);
	const answer = status === 429 ? "refused" : status >= 200 && status < 300 ? "answered" : `answered with ${status}`;
	answers[`${what} ${answer}`] = (answers[`${what} ${answer}`] ?? 0) + 1;
}

async function announce(): Promise<void> {
	while (announced < announcements) {
		announced++;
		const status = await statusOf("POST", "/uploads", {
			filename: `${announced}.png`,
			content_type: "image/png",
			size: 1_000,
		});
		if (status === 201 || status === 200) {
			count("announcements", status);
			continue;
		}
		announced--;
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
	count("noise pictures", status);
}

async function chat(): Promise<void> {
	while (!stopped) {
		const status = await statusOf("POST", "/chat", { message: "What is in my pictures, and when did I take them?" });
		count("chats", status);
		if (status < 200 || status > 299) await sleep(pauseMs);
	}
}

async function flood(perSecond: number, what: string, request: () => Promise<number>): Promise<void> {
	const began = performance.now();
	for (let sent = 0; !stopped; sent++) {
		await sleep(Math.max(0, began + (sent * 1_000) / perSecond - performance.now()));
		void request().then((status) => count(what, status));
	}
}

/** Announces one picture. @returns sends it by its form, again and again */
async function formUse(): Promise<() => Promise<number>> {
	const { r, g, b } = { r: Date.now() % 256, g: 80, b: 160 };
	const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: { r, g, b } } })
		.png()
		.toBuffer();
	const response = await send(`${apiUrl}/uploads`, {
		method: "POST",
		headers: { authorization, "content-type": "application/json" },
		body: JSON.stringify({ filename: "again.png", content_type: "image/png", size: picture.length }),
	});
	if (!response) throw new Error("POST /uploads was not answered.");
	const { url, fields } = (await response.json()) as { url: string; fields: Record<string, string> };
	return async () => {
		const form = new FormData();
		for (const [field, value] of Object.entries(fields)) form.set(field, value);
		form.set("file", new Blob([new Uint8Array(picture)]), "again.png");
		const answer = await send(url, { method: "POST", body: form });
		return answer?.status ?? 0;
	};
}
