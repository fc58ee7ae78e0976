import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import type { CollectionsClient } from "#client/index.ts";
import { seeded } from "#tools/random.ts";
import { drawSampleImages } from "#tools/samples/sample-images.ts";
import type { Control } from "../../system/control.ts";

export interface Person {
	name: string;
	client: CollectionsClient;
}

/** Milliseconds of each request that was answered, or of each upload until its item was ready. */
export interface Times {
	"GET /items": number[];
	"POST /search": number[];
	"upload to ready": number[];
}

export interface Use {
	times: Times;
	/** The share of requests that were answered with 2xx. */
	answered: number;
	/** Sentences about the others. */
	problems: string[];
}

/** Requests a second of all people together. */
interface Pace {
	list: number;
	search: number;
	upload: number;
}

const samples = await drawSampleImages();

/** Gives each person three pictures to find, and waits until they are ready. */
export async function prepare(people: Person[], control: Control): Promise<void> {
	const ids: string[] = [];
	for (const [at, { client }] of people.entries()) {
		for (let picture = 0; picture < 3; picture++) {
			ids.push((await client.upload(`first-${picture}.png`, await pictureOf(at + picture))).id);
		}
	}
	await readySeconds(ids, control);
}

/**
 * Sends requests at seeded, exponentially distributed times, whether earlier ones were answered or not: with the same
 * seed the same people send the same at the same times.
 */
export async function use(
	people: Person[],
	control: Control,
	{ seconds, pace, seed }: { seconds: number; pace: Pace; seed: number },
): Promise<Use> {
	const [forLists, forSearches, forUploads] = [seeded(3 * seed), seeded(3 * seed + 1), seeded(3 * seed + 2)] as const;
	const person = (random: () => number) => people[Math.floor(random() * people.length)] as Person;
	const lists: Settled<number>[] = [];
	const searches: Settled<number>[] = [];
	const uploads: Settled<string>[] = [];
	const upload = async ({ client }: Person, picture: Uint8Array<ArrayBuffer>) =>
		(await client.upload("picture.png", picture)).id;
	const words = samples.map(({ word }) => word);
	const pictures = await Promise.all(
		Array.from({ length: Math.ceil(seconds * pace.upload * 2) }, (_, at) => pictureOf(at)),
	);
	await Promise.all([
		at(pace.list, seconds, forLists, () => {
			const { client } = person(forLists);
			lists.push(settled(milliseconds(() => client.call("GET", "/items"))));
		}),
		at(pace.search, seconds, forSearches, () => {
			const { client } = person(forSearches);
			searches.push(settled(milliseconds(() => client.search(String(words[searches.length % words.length])))));
		}),
		at(pace.upload, seconds, forUploads, () => {
			const picture = pictures[uploads.length];
			if (picture) uploads.push(settled(upload(person(forUploads), picture)));
		}),
	]);
	const [listed, searched, uploaded] = [
		await Promise.all(lists),
		await Promise.all(searches),
		await Promise.all(uploads),
	];
	const all = [...listed, ...searched, ...uploaded];
	const problems = all.flatMap((each) => (each.status === "rejected" ? [String(each.reason)] : []));
	return {
		times: {
			"GET /items": answeredOf(listed),
			"POST /search": answeredOf(searched),
			"upload to ready": (await readySeconds(answeredOf(uploaded), control)).map((each) => each * 1_000),
		},
		answered: 1 - problems.length / all.length,
		problems,
	};
}

type Settled<T> = Promise<PromiseSettledResult<T>>;

/** Handles a rejection at once: nobody waits for the request until all were sent. */
const settled = async <T>(request: Promise<T>): Settled<T> => {
	const [result] = await Promise.allSettled([request]);
	return result;
};

const answeredOf = <T>(requests: PromiseSettledResult<T>[]) =>
	requests.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));

/** Calls an action at random times, `pace` times a second in the mean. */
async function at(pace: number, seconds: number, random: () => number, action: () => void): Promise<void> {
	const began = performance.now();
	for (let next = 0; ; ) {
		next += (-Math.log(1 - random()) / pace) * 1_000;
		if (next > seconds * 1_000) return;
		await sleep(Math.max(0, began + next - performance.now()));
		action();
	}
}

async function milliseconds(request: () => Promise<unknown>): Promise<number> {
	const began = performance.now();
	await request();
	return performance.now() - began;
}

/** Waits until items are ready. Returns the seconds of each by the database's clock. */
async function readySeconds(ids: string[], control: Control): Promise<number[]> {
	for (let waited = 0; waited < 600; waited++) {
		const rows = await control.sql<{ status: string; seconds: number }>(
			`select status, extract(epoch from stage_at - created_at)::float8 as seconds from items where id = any($1)`,
			[ids],
		);
		const failed = rows.filter(({ status }) => status === "failed").length;
		if (failed > 0) throw new Error(`${failed} of ${ids.length} items failed.`);
		if (rows.length === ids.length && rows.every(({ status }) => status === "ready")) {
			return rows.map(({ seconds }) => seconds);
		}
		await sleep(1_000);
	}
	throw new Error(`${ids.length} items are not ready after ten minutes.`);
}

/** Waits until no stage has anything left to do. */
export async function untilIdle(control: Control): Promise<void> {
	for (let waited = 0; waited < 600; waited++) {
		const [row] = await control.sql<{ count: number }>(
			"select count(*)::int as count from items where status not in ('pending', 'ready', 'failed')",
		);
		if (row?.count === 0) return;
		await sleep(1_000);
	}
	throw new Error("The stages still work after ten minutes.");
}

/** Frames a sample with random colours, so that no picture is a duplicate of another. */
async function pictureOf(number: number): Promise<Uint8Array<ArrayBuffer>> {
	const sample = samples[number % samples.length];
	const [r = 0, g = 0, b = 0] = crypto.getRandomValues(new Uint8Array(3));
	const frame = { top: 3, bottom: 3, left: 3, right: 3, background: { r, g, b } };
	return new Uint8Array(await sharp(sample?.bytes).extend(frame).png().toBuffer());
}
