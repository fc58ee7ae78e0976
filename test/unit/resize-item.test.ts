import { expect, it } from "vitest";
import { deleteItem } from "#core/items/delete-item.ts";
import { originalKey, thumbnailKey, visionKey } from "#core/items/item.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import { processImage } from "#core/pipeline/process-image.ts";
import { requestResize } from "#core/pipeline/request-work.ts";
import { resizeItem } from "#core/pipeline/resize-item.ts";
import { fakePorts } from "#fakes/ports.ts";

const user = "11111111-1111-4111-8111-111111111111";
const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const options = { leaseSeconds: 60, deadline: new Date(Date.now() + 60_000) };

it("leaves no object of an item that is deleted during a resize", async () => {
	const ports = fakePorts();
	const { item } = await uploadItem(ports, user, {
		filename: "shot.png",
		bytes: png,
	});
	await processImage(ports, { key: originalKey(item) }, options);
	const request = await requestResize(ports, user, item.id);
	const { derive } = ports.images;
	ports.images.derive = async (bytes) => {
		await deleteItem(ports, user, item.id);
		return derive(bytes);
	};
	await resizeItem(ports, { user_id: user, item_id: item.id, request_id: request.id }, options);
	for (const key of [thumbnailKey, visionKey]) {
		expect(await ports.objects.exists(key(user, item.id))).toBe(false);
	}
});

it("gives an image without EXIF the time in its file's name, unless that is after the upload", async () => {
	const ports = fakePorts();
	const timeOf = async (filename: string) => {
		const bytes = Uint8Array.from([...png, ...Buffer.from(filename)]);
		const { item } = await uploadItem(ports, user, { filename, bytes });
		await processImage(ports, { key: originalKey(item) }, options);
		return (await ports.items.find(user, item.id))?.item.takenAt;
	};
	expect(await timeOf("Screenshot 2024-03-01 at 10.22.33.png")).toMatchObject({
		local: "2024-03-01T10:22:33",
		source: "filename",
	});
	expect(await timeOf("Screenshot 2099-03-01 at 10.22.33.png")).toBeNull();
});
