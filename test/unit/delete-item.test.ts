import { beforeEach, expect, it } from "vitest";
import { deleteItem } from "#core/items/delete-item.ts";
import { originalKey, thumbnailKey } from "#core/items/item.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import type { Ports } from "#core/ports/index.ts";
import { fakePorts } from "#fakes/ports.ts";

const user = "11111111-1111-4111-8111-111111111111";
const anotherUser = "22222222-2222-4222-8222-222222222222";
const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

let ports: Ports;
beforeEach(() => {
	ports = fakePorts();
});

const upload = async (seed: number) => {
	const bytes = new Uint8Array([...png, seed]);
	return (await uploadItem(ports, user, { filename: "a.png", bytes })).item;
};

it("removes the rows and objects of only this item", async () => {
	const [item, neighbour] = [await upload(1), await upload(2)];
	const thumbnail = thumbnailKey(user, item.id);
	await ports.objects.put(thumbnail, png, "image/webp");

	await deleteItem(ports, user, item.id);

	expect(await ports.items.find(user, item.id)).toBeNull();
	expect(await ports.objects.exists(originalKey(item))).toBe(false);
	expect(await ports.objects.exists(thumbnail)).toBe(false);
	expect(await ports.items.find(user, neighbour.id)).not.toBeNull();
	expect(await ports.objects.exists(originalKey(neighbour))).toBe(true);
});

it("leaves a tombstone, by which the sweeper completes an interrupted deletion", async () => {
	const item = await upload(1);
	const objects: Ports["objects"] = {
		...ports.objects,
		deleteAll: async () => {
			throw new Error("The bucket is unavailable.");
		},
	};
	await expect(deleteItem({ ...ports, objects }, user, item.id)).rejects.toThrow();
	expect(await ports.items.find(user, item.id)).toBeNull();
	expect(await ports.stages.claimTombstones({ olderThanSeconds: 0, againSeconds: 0, limit: 10 })).toMatchObject([
		{ userId: user, itemId: item.id },
	]);
});

it("does not change another user's item", async () => {
	const item = await upload(1);
	await expect(deleteItem(ports, anotherUser, item.id)).rejects.toMatchObject({
		code: "item_not_found",
	});
	expect(await ports.items.find(user, item.id)).not.toBeNull();
	expect(await ports.objects.exists(originalKey(item))).toBe(true);
});

it("lets the same bytes be uploaded again", async () => {
	const item = await upload(1);
	await deleteItem(ports, user, item.id);
	const anew = await upload(1);
	expect(anew.id).not.toBe(item.id);
	expect(anew.status).toBe("uploaded");
});
