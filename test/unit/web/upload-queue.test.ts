import { expect, test } from "vitest";
import { type KeptFile, type QueuePorts, UploadQueue } from "#web/features/upload/upload-queue.ts";

type Answer = Awaited<ReturnType<QueuePorts["announce"]>>[number];

const picture = (name: string) => new File([name], name, { type: "image/png" });
const form = (id: string) => ({ item_id: id, url: "http://storage", fields: {}, expires_at: "" }) as Answer;
const problem = (code: string) => ({ code, detail: `It is ${code}.` }) as Answer;

function newQueue(over: Partial<QueuePorts> = {}) {
	const kept = new Map<string, KeptFile>();
	const waits: number[] = [];
	const ports: QueuePorts = {
		announce: async (files) => files.map(({ filename }) => form(filename)),
		send: async () => undefined,
		sha256: async ({ name }) => name,
		keep: async (file) => void kept.set(file.key, file),
		forget: async (key) => void kept.delete(key),
		kept: async () => [...kept.values()],
		sleep: async (ms) => void waits.push(ms),
		describe: (error) => error.message,
		...over,
	};
	return { queue: new UploadQueue(ports), kept, waits };
}

const states = (queue: UploadQueue) => queue.snapshot().uploads.map(({ name, state }) => `${name} ${state}`);

test("files are announced fifty at a time, and forgotten once they are stored", async () => {
	const sizes: number[] = [];
	const { queue, kept } = newQueue({
		announce: async (files) => {
			sizes.push(files.length);
			return files.map(({ filename }) => form(filename));
		},
	});
	await queue.add(Array.from({ length: 120 }, (_, at) => picture(`${at}.png`)));
	await queue.idle();
	expect(sizes).toEqual([50, 50, 20]);
	expect(new Set(queue.snapshot().uploads.map(({ state }) => state))).toEqual(new Set(["stored"]));
	expect(kept.size).toBe(0);
});

test("a refused file does not hold up the others, and one that is there already is not sent", async () => {
	const sent: string[] = [];
	const answers: Record<string, Answer> = {
		"a.png": problem("unsupported_image"),
		"b.png": { id: "known" } as Answer,
		"c.png": form("c"),
	};
	const { queue } = newQueue({
		announce: async (files) => files.map(({ filename }) => answers[filename] as Answer),
		send: async ({ item_id }) => void sent.push(item_id),
	});
	await queue.add([picture("a.png"), picture("b.png"), picture("c.png")]);
	await queue.idle();
	expect(states(queue)).toEqual(["a.png failed", "b.png known", "c.png stored"]);
	expect(queue.snapshot().uploads[0]?.failure).toBe("It is unsupported_image.");
	expect(sent).toEqual(["c"]);
});

test("while too many uploads are pending, the rest waits", async () => {
	let calls = 0;
	const { queue, waits } = newQueue({
		announce: async (files) =>
			files.map(({ filename }) => (calls++ === 0 ? problem("too_many_pending") : form(filename))),
	});
	await queue.add([picture("a.png")]);
	await queue.idle();
	expect(states(queue)).toEqual(["a.png stored"]);
	expect(waits).toEqual([10_000]);
});

test("a lost network is tried again; when it stays away the file fails, stays kept, and a retry sends it", async () => {
	let isAway = true;
	const { queue, kept } = newQueue({
		send: async () => {
			if (isAway) throw new Error("Storage could not be reached.");
		},
	});
	await queue.add([picture("a.png")]);
	await queue.idle();
	expect(states(queue)).toEqual(["a.png failed"]);
	expect(kept.size).toBe(1);
	isAway = false;
	queue.retry(queue.snapshot().uploads[0]?.key ?? "");
	await queue.idle();
	expect(states(queue)).toEqual(["a.png stored"]);
	expect(kept.size).toBe(0);
});

test("a pause ends what is being sent, and resuming sends it whole", async () => {
	let attempts = 0;
	const { queue } = newQueue({
		send: (_form, _file, _onProgress, signal) => {
			attempts += 1;
			if (attempts > 1) return Promise.resolve();
			return new Promise((_resolve, reject) => {
				signal.addEventListener("abort", () => reject(signal.reason));
				queueMicrotask(() => queue.pause());
			});
		},
	});
	await queue.add([picture("a.png")]);
	await queue.idle();
	expect(states(queue)).toEqual(["a.png waiting"]);
	queue.resume();
	await queue.idle();
	expect(states(queue)).toEqual(["a.png stored"]);
	expect(attempts).toBe(2);
});

test("after a reload the kept files are taken up again", async () => {
	const { queue } = newQueue({ kept: async () => [{ key: "1", file: picture("a.png") }] });
	await queue.restore();
	await queue.idle();
	expect(states(queue)).toEqual(["a.png stored"]);
});

test("files of a person who signs out are neither shown nor sent for the next one, and stay kept", async () => {
	const announced: string[] = [];
	let hash = (_: string) => {};
	const { queue, kept } = newQueue({
		announce: async (files) => {
			announced.push(...files.map(({ filename }) => filename));
			return files.map(({ filename }) => form(filename));
		},
		sha256: ({ name }) => (name === "theirs.png" ? new Promise((resolve) => (hash = resolve)) : Promise.resolve(name)),
	});
	await queue.add([picture("theirs.png")]);
	queue.leave();
	expect(states(queue)).toEqual([]);
	await queue.add([picture("mine.png")]);
	hash("theirs.png");
	await queue.idle();
	expect(states(queue)).toEqual(["mine.png stored"]);
	expect(announced).toEqual(["mine.png"]);
	expect([...kept.values()].map(({ file }) => file.name)).toEqual(["theirs.png"]);
});

test("a pause while a file waits for another attempt keeps it from being sent", async () => {
	let attempts = 0;
	const { queue } = newQueue({
		send: async () => {
			attempts += 1;
			throw new Error("Storage could not be reached.");
		},
		sleep: async () => queue.pause(),
	});
	await queue.add([picture("a.png")]);
	await queue.idle();
	expect(states(queue)).toEqual(["a.png waiting"]);
	expect(attempts).toBe(1);
});
