import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { deleteItem } from "#core/items/delete-item.ts";
import { type Item, originalKey, thumbnailKey } from "#core/items/item.ts";
import { type AnnouncedUpload, formSeconds, prepareUpload } from "#core/items/prepare-upload.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import { processImage } from "#core/pipeline/process-image.ts";
import { sweep } from "#core/pipeline/sweep.ts";
import { undecodable } from "#fakes/models.ts";
import { etagOf } from "#fakes/objects.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";

const user = "11111111-1111-4111-8111-111111111111";
const anotherUser = "22222222-2222-4222-8222-222222222222";
const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const png = new Uint8Array([...signature, 1, 2, 3]);
const otherPng = new Uint8Array([...signature, 4, 5, 6]);
const brokenPng = new Uint8Array([...signature, ...Buffer.from(undecodable)]);
const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 1, 2, 3, 4, 5, 6, 7, 8]);

const limits = { pendingUploads: 3 };

let ports: FakePorts;
beforeEach(() => {
	ports = fakePorts();
});

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const announced = (more: Partial<AnnouncedUpload> = {}): AnnouncedUpload => ({
	filename: "photo.png",
	contentType: "image/png",
	size: png.length,
	sha256: null,
	...more,
});

/** Prepares a new upload. */
async function prepared(more: Partial<AnnouncedUpload> = {}) {
	const answer = await prepareUpload(ports, user, announced(more), limits);
	if (!("form" in answer)) throw new Error("The answer has no form.");
	return answer;
}

const itemOf = async (itemId: string): Promise<Item> => {
	const found = await ports.items.find(user, itemId);
	if (!found) throw new Error(`No item ${itemId}.`);
	return found.item;
};

const options = {
	leaseSeconds: 60,
	deadline: new Date(Date.now() + 60_000),
};

/** Uploads the bytes by the form and processes the bucket's event. */
async function arrive({ form }: { form: { fields: Record<string, string> } }, bytes: Uint8Array, id?: string) {
	const key = form.fields.key ?? "";
	await ports.objects.put(key, bytes, "image/png");
	return processImage(ports, { key, ...(id && { announced: { id, etag: etagOf(bytes) } }) }, options);
}

async function failLater(itemId: string) {
	for (let attempt = 0; attempt <= 8; attempt++) {
		const claim = await ports.stages.claim(user, itemId, "analyze", 60);
		if (claim.outcome === "claimed") await ports.stages.release(claim.lease);
	}
	expect(await itemOf(itemId)).toMatchObject({
		status: "failed",
		error: { code: "retries_exhausted" },
	});
}

describe("an announced upload", () => {
	it("has a pending item and a form for exactly its key, type and size", async () => {
		const { itemId, form } = await prepared();
		const item = await itemOf(itemId);
		expect(item).toMatchObject({
			userId: user,
			originalFilename: "photo.png",
			mimeType: "image/png",
			fileSize: png.length,
			status: "pending",
		});
		expect(form.fields).toEqual({
			key: `originals/${user}/${itemId}.png`,
			"Content-Type": "image/png",
			size: String(png.length),
		});
		const seconds = (form.expiresAt.getTime() - Date.now()) / 1000;
		expect(Math.round(seconds)).toBe(formSeconds);
	});

	it("whose bytes arrive is processed, with the digest of those bytes", async () => {
		const form = await prepared({ sha256: digest(otherPng) });
		expect(await arrive(form, png)).toBe("committed");
		expect(await itemOf(form.itemId)).toMatchObject({
			status: "processed",
			sha256: digest(png),
		});
	});

	it("of 50 MB is accepted, of one byte more refused", async () => {
		await prepared({ size: 50 * 1024 * 1024 });
		await expect(prepared({ size: 50 * 1024 * 1024 + 1 })).rejects.toMatchObject({ code: "file_too_large" });
	});

	it("of another type than announced fails with the type to announce", async () => {
		const form = await prepared();
		expect(await arrive(form, jpeg)).toBe("failed");
		expect((await itemOf(form.itemId)).error).toEqual({
			code: "other_type",
			detail: expect.stringContaining("announce it as image/jpeg"),
		});
	});

	it("that never arrives fails an hour after its form's expiry, and not before", async () => {
		const { itemId } = await prepared();
		ports.clock.advance(formSeconds + 60 * 60 - 1);
		await sweep(ports);
		expect((await itemOf(itemId)).status).toBe("pending");
		ports.clock.advance(16 * 60);
		await sweep(ports);
		expect(await itemOf(itemId)).toMatchObject({
			status: "failed",
			error: { code: "upload_missing" },
		});
	});

	it("whose event was lost is found by the sweeper", async () => {
		const { itemId, form } = await prepared();
		await ports.objects.put(form.fields.key ?? "", png, "image/png");
		ports.clock.advance(180);
		await sweep(ports);
		expect(ports.events.published).toMatchObject([{ type: "OriginalStored", detail: { item_id: itemId } }]);
	});

	it("that is deleted before its bytes arrive leaves nothing after their arrival", async () => {
		const form = await prepared();
		await deleteItem(ports, user, form.itemId);
		expect(await arrive(form, png)).toBe("gone");
		expect(await ports.objects.exists(form.form.fields.key ?? "")).toBe(false);
	});

	it("that is deleted while its bytes are processed leaves nothing", async () => {
		const form = await prepared();
		const { derive } = ports.images;
		ports.images.derive = async (bytes) => {
			await deleteItem(ports, user, form.itemId);
			return derive(bytes);
		};
		await arrive(form, png);
		const key = thumbnailKey(user, form.itemId);
		expect(await ports.objects.exists(key)).toBe(false);
	});
});

describe("bytes announced by their digest", () => {
	it("that the user has return the item that has them", async () => {
		const { item } = await uploadItem(ports, user, {
			filename: "first.png",
			bytes: png,
		});
		expect(await prepareUpload(ports, user, announced({ sha256: digest(png) }), limits)).toEqual({
			existing: { item, latestAnalysis: null, tags: [] },
		});
	});

	it("that another user has get a form", async () => {
		const { item } = await uploadItem(ports, anotherUser, {
			filename: "first.png",
			bytes: png,
		});
		const { itemId } = await prepared({ sha256: digest(png) });
		expect(itemId).not.toBe(item.id);
	});

	it("that have not arrived get a form for the same item, as announced last", async () => {
		const sha256 = digest(jpeg);
		const first = await prepared({ sha256 });
		const second = await prepared({ sha256, contentType: "image/jpeg" });
		expect(second.itemId).toBe(first.itemId);
		expect(await arrive(second, jpeg)).toBe("committed");
		const item = await itemOf(first.itemId);
		expect(item).toMatchObject({ status: "processed", mimeType: "image/jpeg" });
		expect(await arrive(first, png, "1")).toBe("skipped");
		const stray = first.form.fields.key ?? "";
		expect(await ports.objects.exists(stray)).toBe(false);
		expect(await ports.objects.get(originalKey(item))).toEqual(jpeg);
	});

	it("have their full time again with the new form", async () => {
		const sha256 = digest(png);
		const { itemId } = await prepared({ sha256 });
		ports.clock.advance(formSeconds + 50 * 60);
		await prepared({ sha256 });
		ports.clock.advance(30 * 60);
		await sweep(ports);
		expect((await itemOf(itemId)).status).toBe("pending");
	});

	it("that arrive with a formerly announced type do not block those announced last", async () => {
		const sha256 = digest(jpeg);
		const first = await prepared({ sha256 });
		const second = await prepared({ sha256, contentType: "image/jpeg" });
		expect(await arrive(first, jpeg, "1")).toBe("skipped");
		expect(await arrive(second, jpeg)).toBe("committed");
	});

	it("that are not an image get a new form, and the stored bytes do not fail the item again", async () => {
		const sha256 = digest(png);
		const first = await prepared({ sha256 });
		expect(await arrive(first, brokenPng)).toBe("failed");
		const again = await prepared({ sha256 });
		expect(again.itemId).toBe(first.itemId);
		expect(await itemOf(first.itemId)).toMatchObject({
			status: "pending",
			error: null,
		});
		ports.clock.advance(180);
		await sweep(ports);
		expect(ports.events.published).toEqual([]);
		expect(await arrive(again, png)).toBe("committed");
	});

	it("that were processed before their item failed are not uploaded again, and the item is retried", async () => {
		const first = await prepared({ sha256: digest(png) });
		await arrive(first, png);
		await failLater(first.itemId);
		const answer = await prepareUpload(ports, user, announced({ sha256: digest(png) }), limits);
		expect(answer).toMatchObject({
			existing: { item: { id: first.itemId, status: "uploaded", error: null } },
		});
		ports.clock.advance(180);
		await sweep(ports);
		expect(ports.events.published.at(-1)).toMatchObject({
			type: "OriginalStored",
			detail: { item_id: first.itemId },
		});
	});
});

describe("a duplicate found after its arrival", () => {
	it("fails with the id of the item that has the bytes, and has no objects", async () => {
		const first = await prepared();
		await arrive(first, png);
		const second = await prepared();
		await arrive(second, png);
		expect(await itemOf(second.itemId)).toMatchObject({
			status: "failed",
			error: { code: "duplicate", duplicateOf: first.itemId },
		});
		for (const key of [second.form.fields.key ?? "", thumbnailKey(user, second.itemId)]) {
			expect(await ports.objects.exists(key), key).toBe(false);
		}
		expect(await ports.objects.exists(first.form.fields.key ?? "")).toBe(true);
	});

	it("loses its bytes even after a crash between commit and removal, and when they arrive again", async () => {
		await arrive(await prepared(), png);
		const second = await prepared();
		const { deleteAll } = ports.objects;
		ports.objects.deleteAll = async () => {
			throw new Error("killed");
		};
		await expect(arrive(second, png)).rejects.toThrow("killed");
		ports.objects.deleteAll = deleteAll;
		await arrive(second, png, "2");
		const key = second.form.fields.key ?? "";
		expect(await ports.objects.exists(key)).toBe(false);
	});

	it("restarts a failed original", async () => {
		const first = await prepared();
		await arrive(first, png);
		await failLater(first.itemId);
		const second = await prepared();
		await arrive(second, png);
		expect(await itemOf(first.itemId)).toMatchObject({
			status: "uploaded",
			error: null,
		});
	});

	it("is not a duplicate of an item that only announced these bytes", async () => {
		const first = await prepared({ sha256: digest(png) });
		const second = await prepared();
		await arrive(second, png);
		expect((await itemOf(second.itemId)).status).toBe("processed");
		await arrive(first, png);
		expect((await itemOf(first.itemId)).error).toMatchObject({
			code: "duplicate",
			duplicateOf: second.itemId,
		});
	});
});

describe("a form used twice", () => {
	it("does not replace the processed bytes", async () => {
		const form = await prepared();
		const key = form.form.fields.key ?? "";
		expect(await arrive(form, png, "1")).toBe("committed");
		expect(await arrive(form, otherPng, "2")).toBe("skipped");
		expect(await ports.objects.get(key)).toEqual(png);
	});

	it("for the same bytes, or with a repeated event, changes nothing", async () => {
		const form = await prepared();
		const key = form.form.fields.key ?? "";
		await arrive(form, png, "1");
		await arrive(form, png, "2");
		const event = { key, announced: { id: "1", etag: etagOf(png) } };
		await processImage(ports, event, options);
		expect(await ports.objects.get(key, "1")).toEqual(png);
		expect(await ports.objects.get(key)).toEqual(png);
	});

	it.each([
		["in order", (events: string[]) => events],
		["newest first", (events: string[]) => events.toReversed()],
		["each twice, the oldest last", ([first = "", ...more]: string[]) => [...more, ...more, first, first]],
	])(
		"again and again leaves one version of the same bytes, whose events come %s, and reads none of them",
		async (_, order) => {
			const form = await prepared();
			const key = form.form.fields.key ?? "";
			await arrive(form, png, "1");
			for (let use = 2; use <= 20; use++) await ports.objects.put(key, png, "image/png");
			const { get } = ports.objects;
			const read: (string | undefined)[] = [];
			ports.objects.get = (at, version) => {
				read.push(version);
				return get(at, version);
			};
			for (const id of order(Array.from({ length: 20 }, (_, at) => String(at + 1)))) {
				const event = { key, announced: { id, etag: etagOf(png) } };
				expect(await processImage(ports, event, options)).toBe("skipped");
			}
			const left = await Promise.all(Array.from({ length: 20 }, (_, at) => get(key, String(at + 1))));
			expect(left.filter((bytes) => bytes !== null)).toEqual([png]);
			expect(left[0]).toEqual(png);
			expect([...new Set(read)], "versions that were downloaded").toEqual(["1"]);
		},
	);
});

it("has no key that reaches another user's upload", async () => {
	const form = await prepared();
	const key = `originals/${anotherUser}/${form.itemId}.png`;
	await ports.objects.put(key, png, "image/png");
	expect(await processImage(ports, { key }, options)).toBe("gone");
	expect((await itemOf(form.itemId)).status).toBe("pending");
	expect(await ports.objects.exists(key)).toBe(false);
});
