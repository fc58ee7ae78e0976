import { createHash } from "node:crypto";
import { unpackTar } from "modern-tar";
import { beforeEach, describe, expect, it } from "vitest";
import { tar } from "#archive/tar.ts";
import { type ArchiveManifest, maxPartBytes } from "#core/archive/archive.ts";
import { startExport } from "#core/archive/start-export.ts";
import { originalKey } from "#core/items/item.ts";
import { jobKinds } from "#core/jobs/kinds.ts";
import { runSlice } from "#core/jobs/run-slice.ts";
import { withCrashPoint } from "#core/pipeline/crash-points.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";
import { processedItem } from "../contracts/item-states.ts";
import { newUser } from "../contracts/new-rows.ts";
import { generousLimits } from "./api/test-api.ts";

let ports: FakePorts;
let user: string;
beforeEach(() => {
	ports = { ...fakePorts(), tar };
	user = newUser();
});

/** Two items a step, so that a small export has several parts. */
const kinds = { export: { ...jobKinds.export, perStep: 2 } };
const slice = (over: Parameters<typeof runSlice>[0] = ports, milliseconds = 10_000) =>
	runSlice(over, {
		leaseSeconds: 60,
		deadline: new Date(Date.now() + milliseconds),
		limits: generousLimits,
		kinds,
	});

async function picture(fileSize = 5) {
	const item = await processedItem(ports, user, { fileSize });
	await ports.objects.put(originalKey(item), Buffer.from(`picture ${item.id}`), item.mimeType);
	return item;
}
const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function manifestOf(jobId: string): Promise<ArchiveManifest> {
	const key = (await ports.jobs.find(user, jobId))?.resultKey ?? "";
	return JSON.parse(Buffer.from((await ports.objects.get(key)) ?? []).toString());
}

/** Reads an archive part by part. @returns its files by path, each of which is what the manifest says */
async function verified(jobId: string): Promise<Map<string, Uint8Array>> {
	const manifest = await manifestOf(jobId);
	const files = new Map<string, Uint8Array>();
	const parts = await ports.archives.parts(user, jobId);
	expect(manifest.parts).toEqual(parts.map(({ name, size, sha256 }) => ({ name, size, sha256 })));
	for (const { name, key, size, sha256 } of parts) {
		const bytes = await ports.objects.get(key);
		expect([bytes?.length, bytes && digestOf(bytes)]).toEqual([size, sha256]);
		for (const { header, data } of await unpackTar(bytes ?? new Uint8Array(), { strict: true })) {
			expect(manifest.entries).toContainEqual({
				path: header.name,
				size: data?.length,
				sha256: digestOf(data ?? new Uint8Array()),
				part: name,
			});
			files.set(header.name, data ?? new Uint8Array());
		}
	}
	expect(files.size).toBe(manifest.entries.length);
	return files;
}

describe("an export", () => {
	it("has every item with its picture, albums and chats, in parts that a manifest lists with their digests", async () => {
		const items = [await picture(), await picture(), await picture()];
		await ports.items.trash(user, items[2]?.id ?? "");
		const turn = await ports.sessions.beginTurn(user, "trip:1", "Where is the boat?");
		await ports.sessions.abandonTurn(user, turn);
		await processedItem(ports, newUser());
		const job = await startExport(ports, user);
		expect(await slice()).toMatchObject({ outcome: "ended", done: 3 });
		expect(await manifestOf(job.id)).toMatchObject({
			format: "collections-archive",
			version: 1,
			counts: { items: 3, albums: 0, chats: 1, left_out: 0 },
			parts: [{ name: "items-000000.tar" }, { name: "items-000002.tar" }, { name: "library-000000.tar" }],
		});
		const files = await verified(job.id);
		expect([...files.keys()].sort()).toEqual(
			[
				"albums.json",
				"chats/0001.json",
				...items.flatMap(({ id }) => [`items/${id}.json`, `originals/${id}.png`]),
			].sort(),
		);
		for (const { id } of items) {
			expect(Buffer.from(files.get(`originals/${id}.png`) ?? []).toString()).toBe(`picture ${id}`);
		}
		expect(JSON.parse(Buffer.from(files.get("chats/0001.json") ?? []).toString())).toMatchObject({
			session_id: "trip:1",
			messages: [{ role: "user", content: "Where is the boat?" }],
		});
	});

	it("closes a part before it is too large", async () => {
		await picture(maxPartBytes - 10_000);
		await picture(20_000);
		const job = await startExport(ports, user);
		await slice();
		expect((await ports.archives.parts(user, job.id)).map(({ name }) => name)).toEqual([
			"items-000000.tar",
			"items-000001.tar",
			"library-000000.tar",
		]);
		await verified(job.id);
	});

	it("goes on in other slices, and a step that died is repeated into the same part", async () => {
		for (let at = 0; at < 5; at++) await picture();
		const job = await startExport(ports, user);
		expect(await slice(ports, -1)).toMatchObject({ outcome: "goes on", done: 2 });
		const died = () => {
			throw new Error("died");
		};
		for (const point of [
			"before:archives.putPart",
			"after:archives.putPart",
			"before:jobs.record",
			"before:jobs.end",
		]) {
			await expect(slice(withCrashPoint(ports, point, died))).rejects.toThrow("died");
			ports.clock.advance(60_000);
		}
		expect(await slice()).toMatchObject({ outcome: "ended" });
		expect((await verified(job.id)).size).toBe(2 * 5 + 1);
	});

	it("leaves out an item whose picture is gone, and says so", async () => {
		const [kept, gone] = [await picture(), await processedItem(ports, user)];
		const job = await startExport(ports, user);
		await slice();
		expect(await ports.jobs.failures(user, job.id, 10)).toEqual([
			{
				itemId: gone.id,
				code: "image_not_found",
				detail: `The picture of the item ${gone.id} is not in storage: upload it again.`,
			},
		]);
		expect((await manifestOf(job.id)).counts).toMatchObject({ items: 1, left_out: 1 });
		expect([...(await verified(job.id)).keys()]).toContain(`items/${kept.id}.json`);
	});

	it("replaces the archive of the one before, and of nobody else", async () => {
		await picture();
		const first = await startExport(ports, user);
		await slice();
		const [before] = await ports.archives.parts(user, first.id);
		const stranger = newUser();
		await startExport(ports, stranger);
		await slice();
		expect(await ports.objects.exists(before?.key ?? "")).toBe(true);
		await startExport(ports, user);
		expect(await ports.objects.exists(before?.key ?? "")).toBe(false);
		expect(await ports.archives.parts(user, first.id)).toEqual([]);
	});
});
