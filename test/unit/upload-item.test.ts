import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { deleteItem } from "#core/items/delete-item.ts";
import { originalKey, parseOriginalKey } from "#core/items/item.ts";
import { cleanFilename, uploadItem } from "#core/items/upload-item.ts";
import type { Ports } from "#core/ports/index.ts";
import { fakePorts } from "#fakes/ports.ts";

const user = "11111111-1111-4111-8111-111111111111";
const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
const shot = { filename: "shot.png", bytes: png };

let ports: Ports;
beforeEach(() => {
	ports = fakePorts();
});

/** Makes the next `put` fail, like a crash. */
function failingOnce(objects: Ports["objects"]): Ports["objects"] {
	let fails = true;
	return new Proxy(objects, {
		get(target, name) {
			if (name !== "put" || !fails) return Reflect.get(target, name);
			fails = false;
			return async () => {
				throw new Error("The bucket is unavailable.");
			};
		},
	});
}

async function failItem(itemId: string) {
	const claim = await ports.stages.claim(user, itemId, "process", 60);
	if (claim.outcome !== "claimed") throw new Error(claim.outcome);
	await ports.stages.fail(claim.lease, {
		code: "undecodable_image",
		detail: "It cannot be decoded.",
	});
}

describe("an upload", () => {
	it("stores row and bytes under the user's key", async () => {
		const { item } = await uploadItem(ports, user, shot);
		expect(item).toMatchObject({
			userId: user,
			status: "uploaded",
			mimeType: "image/png",
			fileSize: png.length,
		});
		expect(item.sha256).toMatch(/^[0-9a-f]{64}$/);
		expect(originalKey(item)).toBe(`originals/${user}/${item.id}.png`);
		expect(await ports.objects.get(originalKey(item))).toEqual(png);
	});

	it("of an item that is deleted before its bytes are stored leaves no bytes", async () => {
		const keys: string[] = [];
		const objects: Ports["objects"] = {
			...ports.objects,
			async put(key, ...rest) {
				const itemId = parseOriginalKey(key)?.itemId ?? "";
				await deleteItem(ports, user, itemId);
				await ports.objects.put(key, ...rest);
				keys.push(key);
			},
		};
		await expect(uploadItem({ ...ports, objects }, user, shot)).rejects.toMatchObject({ code: "item_not_found" });
		expect(keys).toHaveLength(1);
		expect(await ports.objects.exists(keys[0] ?? "")).toBe(false);
	});

	it("of the same bytes returns the same item with its first name", async () => {
		const { item: first } = await uploadItem(ports, user, shot);
		const { item: again } = await uploadItem(ports, user, {
			...shot,
			filename: "copy.png",
		});
		expect(again).toEqual(first);
	});

	it("sent twice concurrently makes one item", async () => {
		const both = await Promise.all([uploadItem(ports, user, shot), uploadItem(ports, user, shot)]);
		expect(new Set(both.map(({ item }) => item.id)).size).toBe(1);
		const filter = { limit: 10, offset: 0 };
		expect((await ports.items.list(user, filter)).total).toBe(1);
	});

	it("whose bytes never arrived is completed by the next upload", async () => {
		const broken = { ...ports, objects: failingOnce(ports.objects) };
		await expect(uploadItem(broken, user, shot)).rejects.toThrow();
		const filter = { status: "pending", limit: 10, offset: 0 } as const;
		const [pending] = (await ports.items.list(user, filter)).items;
		const { item } = await uploadItem(ports, user, shot);
		expect(item).toMatchObject({ id: pending?.item.id, status: "uploaded" });
		expect(await ports.objects.exists(originalKey(item))).toBe(true);
	});

	it("of a failed item's bytes resets the item's attempts", async () => {
		const { item: first } = await uploadItem(ports, user, shot);
		await failItem(first.id);
		const { item } = await uploadItem(ports, user, shot);
		expect(item).toMatchObject({
			id: first.id,
			status: "uploaded",
			error: null,
		});
	});

	it("of a failed item's bytes sets the item to pending before the bucket's notification", async () => {
		const { item: first } = await uploadItem(ports, user, shot);
		await failItem(first.id);
		let statusAtPut: string | undefined;
		const objects: Ports["objects"] = {
			...ports.objects,
			put: async () => {
				statusAtPut = (await ports.items.find(user, first.id))?.item.status;
			},
		};
		await uploadItem({ ...ports, objects }, user, shot);
		expect(statusAtPut).toBe("pending");
	});

	it("of bytes declared as another type has the type of its content", async () => {
		const { item: announced } = await ports.items.create({
			id: "33333333-3333-4333-8333-333333333333",
			userId: user,
			originalFilename: "shot.jpg",
			mimeType: "image/jpeg",
			fileSize: 1,
			sha256: createHash("sha256").update(png).digest("hex"),
			correlationId: "c",
		});
		const { item } = await uploadItem(ports, user, shot);
		expect(item).toMatchObject({
			id: announced.id,
			status: "uploaded",
			mimeType: "image/png",
			fileSize: png.length,
		});
		expect(await ports.objects.get(originalKey(item))).toEqual(png);
	});

	it("whose item is deleted during the upload is not found", async () => {
		const objects: Ports["objects"] = {
			...ports.objects,
			put: async (key) => {
				const itemId = /([^/]+)\.png$/.exec(key)?.[1] ?? "";
				await ports.items.delete(user, itemId);
			},
		};
		await expect(uploadItem({ ...ports, objects }, user, shot)).rejects.toMatchObject({ code: "item_not_found" });
	});

	it("that is refused leaves nothing behind", async () => {
		const bytes = new TextEncoder().encode("<html>");
		await expect(uploadItem(ports, user, { filename: "shot.png", bytes })).rejects.toMatchObject({
			code: "unsupported_image",
		});
		for (const status of [undefined, "pending"] as const) {
			const filter = { status, limit: 10, offset: 0 };
			expect((await ports.items.list(user, filter)).total).toBe(0);
		}
	});

	it("whose stage fails before the upload's answer stays failed", async () => {
		const objects = new Proxy(ports.objects, {
			get(target, name) {
				if (name !== "put") return Reflect.get(target, name);
				return async (...args: Parameters<typeof target.put>) => {
					await target.put(...args);
					const [, , id = ""] = args[0].split(/[/.]/);
					await failItem(id);
				};
			},
		});
		const { item } = await uploadItem({ ...ports, objects }, user, shot);
		expect(item).toMatchObject({
			status: "failed",
			error: { code: "undecodable_image" },
		});
	});

	it("without a name gets a name by its type", async () => {
		const { item } = await uploadItem(ports, user, { ...shot, filename: "/" });
		expect(item.originalFilename).toBe("image.png");
	});
});

describe("a filename", () => {
	it.each([
		["shot.png", "shot.png"],
		["Ein Bild – größer.png", "Ein Bild – größer.png"],
		["../../etc/passwd", "passwd"],
		["C:\\Users\\ada\\shot.png", "shot.png"],
		["a\0b\n\x7fc.png", "abc.png"],
		["gnp.\u202etohs", "gnp.tohs"],
		["  shot.png ", "shot.png"],
		["..", ".."],
		["half \ud83d.png", "half \ufffd.png"],
		["x\n/a\n.png", "a.png"],
	])("%j is stored as %j", (name, stored) => {
		expect(cleanFilename(name)).toBe(stored);
	});

	it("is cut to 255 characters with its extension", () => {
		const cleaned = cleanFilename(`${"🙂".repeat(300)}.png`);
		expect([...cleaned]).toHaveLength(255);
		expect(cleaned.endsWith("🙂.png")).toBe(true);
	});
});
