import { beforeEach, expect, it } from "vitest";
import { emptyTrash, trashDays } from "#core/items/empty-trash.ts";
import { originalKey } from "#core/items/item.ts";
import { prepareUpload } from "#core/items/prepare-upload.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";

const [ada, bob] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const trashSeconds = trashDays * 86_400;
const deadline = new Date(Date.now() + 60_000);

let ports: FakePorts;
beforeEach(() => {
	ports = fakePorts();
});

const upload = async (user: string, seed: number) =>
	(await uploadItem(ports, user, { filename: "a.png", bytes: new Uint8Array([...png, seed]) })).item;

it("items of the trash are deleted for good after 30 days, and not before", async () => {
	const [old, young, kept] = [await upload(ada, 1), await upload(ada, 2), await upload(bob, 3)];
	await ports.items.trash(ada, old.id);
	ports.clock.advance(trashSeconds - 1);
	await ports.items.trash(ada, young.id);
	expect(await emptyTrash(ports, { deadline })).toEqual({ deleted: 0 });
	ports.clock.advance(2);
	expect(await emptyTrash(ports, { deadline })).toEqual({ deleted: 1 });
	expect(await ports.items.find(ada, old.id)).toBeNull();
	expect(await ports.objects.exists(originalKey(old))).toBe(false);
	expect((await ports.items.find(ada, young.id))?.item.trashedAt).not.toBeNull();
	expect((await ports.items.find(bob, kept.id))?.item.trashedAt).toBeNull();
});

it("what fails for one item keeps no other in the trash", async () => {
	const [first, second] = [await upload(ada, 1), await upload(bob, 2)];
	for (const { userId, id } of [first, second]) await ports.items.trash(userId, id);
	ports.clock.advance(trashSeconds + 1);
	const items: FakePorts["items"] = {
		...ports.items,
		delete: async (userId, id, options) => {
			if (userId === ada) throw new Error("The row is locked.");
			return ports.items.delete(userId, id, options);
		},
	};
	await expect(emptyTrash({ ...ports, items }, { deadline })).rejects.toThrow("1 items");
	expect(await ports.items.find(bob, second.id)).toBeNull();
});

it("an item that its person restores while the trash is emptied stays", async () => {
	const item = await upload(ada, 1);
	await ports.items.trash(ada, item.id);
	ports.clock.advance(trashSeconds + 1);
	const items: FakePorts["items"] = {
		...ports.items,
		async trashedBefore(time, limit) {
			const expired = await ports.items.trashedBefore(time, limit);
			await ports.items.restore(ada, item.id);
			return expired;
		},
	};
	expect(await emptyTrash({ ...ports, items }, { deadline })).toEqual({ deleted: 0 });
	expect((await ports.items.find(ada, item.id))?.item.trashedAt).toBeNull();
	expect(await ports.objects.exists(originalKey(item))).toBe(true);
});

it("the same file again takes an item out of the trash, whichever way it is uploaded", async () => {
	const item = await upload(ada, 1);
	const isTrashed = async () => (await ports.items.find(ada, item.id))?.item.trashedAt !== null;
	await ports.items.trash(ada, item.id);
	const again = await upload(ada, 1);
	expect(again).toMatchObject({ id: item.id, trashedAt: null });
	expect(await isTrashed()).toBe(false);
	await ports.items.trash(ada, item.id);
	const announced = { filename: "a.png", contentType: "image/png", size: 9, sha256: item.sha256 } as const;
	expect(await prepareUpload(ports, ada, announced, { pendingUploads: 10 })).toMatchObject({
		existing: { item: { id: item.id, trashedAt: null } },
	});
	expect(await isTrashed()).toBe(false);
	// Another person's same file is not touched.
	await ports.items.trash(ada, item.id);
	await upload(bob, 1);
	expect(await isTrashed()).toBe(true);
});
