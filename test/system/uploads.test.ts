import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import type { CollectionsClient } from "#client/index.ts";
import { Control } from "./control.ts";
import { screenshot } from "./drawings.ts";
import { newUser, operator, outputs, stateDir } from "./environment.ts";
import { photo, takenAt } from "./photos.ts";

type Bytes = Uint8Array<ArrayBuffer>;

interface Prepared {
	item_id: string;
	url: string;
	fields: Record<string, string>;
	expires_at: string;
}

let owner: CollectionsClient;
let stranger: CollectionsClient;
beforeAll(async () => {
	[owner, stranger] = await Promise.all([newUser("owner"), newUser("stranger")]);
});

const sha256 = (bytes: Bytes) => createHash("sha256").update(bytes).digest("hex");

const announce = (bytes: Bytes, more: object = {}, user = owner) =>
	user.call<Prepared>("POST", "/uploads", {
		filename: "photo.png",
		content_type: "image/png",
		size: bytes.length,
		...more,
	});

async function post({ url, fields }: Pick<Prepared, "url" | "fields">, bytes: Bytes): Promise<Response> {
	const form = new FormData();
	for (const [name, value] of Object.entries(fields)) form.append(name, value);
	form.append("file", new Blob([bytes]), "photo");
	return fetch(url, { method: "POST", body: form });
}

/** Announces and sends an upload, and waits for its item. */
async function upload(bytes: Bytes, more: object = {}, user = owner) {
	const prepared = await announce(bytes, more, user);
	expect((await post(prepared, bytes)).status).toBe(204);
	return user.settled(prepared.item_id);
}

async function originalOf(filename: string): Promise<Bytes> {
	const { url } = await owner.call<{ url: string }>("GET", `/images/${filename}`);
	return new Uint8Array(await (await fetch(url)).arrayBuffer());
}

const exists = (key: string | undefined) =>
	new S3Client({
		region: outputs.Region,
		endpoint: outputs.AwsEndpointUrl ?? undefined,
		credentials: operator,
	})
		.send(new HeadObjectCommand({ Bucket: outputs.BucketName, Key: key }))
		.then(
			() => true,
			(error: Error) => {
				if (error.name === "NotFound") return false;
				throw error;
			},
		);

/** Returns an image whose bytes no other call returns. */
const drawing = async () => (await screenshot()).bytes;

test("a photo of 20 MB becomes ready, turned upright, with the time at which it was taken", async () => {
	const taken = await photo(20);
	const item = await upload(taken.bytes, {
		filename: "IMG_0001.jpg",
		content_type: "image/jpeg",
	});
	expect(item).toMatchObject({
		status: "ready",
		error: null,
		original_filename: "IMG_0001.jpg",
		file_size: taken.bytes.length,
		mime_type: "image/jpeg",
		width: taken.width,
		height: taken.height,
		taken_at: takenAt,
		taken_at_local: "2024-05-06T07:08:09",
		taken_at_offset: "+02:00",
		taken_at_source: "exif",
	});
	expect(sha256(await originalOf(item.filename))).toBe(sha256(taken.bytes));
	const thumbnail = await sharp(await (await fetch(item.thumbnail_url ?? "")).arrayBuffer()).metadata();
	expect(thumbnail).toMatchObject({ height: 512 });
	expect(thumbnail.exif).toBeUndefined();
});

const local = stateDir !== null;
test.skipIf(!local)(
	`a photo of almost 50 MB fits the image-processor's memory${local ? "" : " (skipped: only a local cloud's log can be read)"}`,
	async () => {
		const taken = await photo(49.5);
		expect(taken.bytes.length).toBeLessThanOrEqual(50 * 1024 * 1024);
		const content_type = "image/jpeg";
		const item = await upload(taken.bytes, { content_type });
		expect(item).toMatchObject({ status: "ready", width: taken.width });
		const file = `${outputs.ImageProcessorFunctionName}.log`;
		const log = await readFile(path.join(stateDir ?? "", "logs", file), "utf8");
		const used = [...log.matchAll(/Memory Size: (\d+) MB Max Memory Used: (\d+)/g)];
		expect(used.length).toBeGreaterThan(0);
		for (const [, size, most] of used) {
			expect(Number(most)).toBeLessThan(Number(size) * 0.8);
		}
	},
);

test("an item is pending and unlisted until its bytes arrive", async () => {
	const user = await newUser("waiting");
	const bytes = await drawing();
	const { item_id } = await announce(bytes, {}, user);
	expect((await user.item(item_id)).status).toBe("pending");
	const ids = async (query = "") =>
		(await user.call<{ items: { id: string }[] }>("GET", `/items${query}`)).items.map(({ id }) => id);
	expect(await ids()).toEqual([]);
	expect(await ids("?status=pending")).toEqual([item_id]);
});

describe("a form", () => {
	test("expires after a quarter of an hour", async () => {
		const { expires_at } = await announce(await drawing());
		const minutes = (Date.parse(expires_at) - Date.now()) / 60_000;
		expect(minutes).toBeGreaterThan(13);
		expect(minutes).toBeLessThanOrEqual(15);
	});

	test("accepts exactly the announced size and type", async () => {
		const bytes = await drawing();
		const form = await announce(bytes);
		const longer = new Uint8Array([...bytes, 0]);
		expect(await refusal(form, longer)).toEqual([400, "EntityTooLarge"]);
		expect(await refusal(form, bytes.slice(1))).toEqual([400, "EntityTooSmall"]);
		const fields = { ...form.fields, "Content-Type": "text/html" };
		expect(await refusal({ ...form, fields }, bytes)).toEqual([403, "AccessDenied"]);
		expect((await owner.item(form.item_id)).status).toBe("pending");
	});

	test("writes under no other key, whoever's it is", async () => {
		const bytes = await drawing();
		const form = await announce(bytes);
		const theirs = await announce(bytes, {}, stranger);
		for (const key of [theirs.fields.key ?? "", form.fields.key?.replace("originals/", "derived/") ?? ""]) {
			const fields = { ...form.fields, key };
			expect(await refusal({ ...form, fields }, bytes)).toEqual([403, "AccessDenied"]);
		}
		expect((await stranger.item(theirs.item_id)).status).toBe("pending");
	});

	test("that is used twice leaves the first bytes in place", async () => {
		const bytes = await drawing();
		const form = await announce(bytes);
		await post(form, bytes);
		const item = await owner.settled(form.item_id);
		expect(item.status).toBe("ready");
		const others = bytes.toReversed();
		expect((await post(form, others)).status).toBe(204);
		await expect
			.poll(async () => sha256(await originalOf(item.filename)), {
				timeout: 20_000,
			})
			.toBe(sha256(bytes));
		expect(await owner.item(item.id)).toMatchObject({
			status: "ready",
			latest_analysis: { version: 1 },
		});
	});

	async function refusal(form: Pick<Prepared, "url" | "fields">, bytes: Bytes): Promise<[number, string | undefined]> {
		const response = await post(form, bytes);
		const [, code] = /<Code>(\w+)</.exec(await response.text()) ?? [];
		return [response.status, code];
	}
});

describe("bytes of an existing item", () => {
	test("are not uploaded again if their digest is announced", async () => {
		const bytes = await drawing();
		const item = await upload(bytes);
		const again = await announce(bytes, { sha256: sha256(bytes) });
		expect(again).toMatchObject({ id: item.id, status: "ready" });
		const theirs = await announce(bytes, { sha256: sha256(bytes) }, stranger);
		expect(theirs.item_id).not.toBe(item.id);
	});

	test("become a duplicate without an object if they are uploaded again", async () => {
		const bytes = await drawing();
		const { id } = await owner.upload("first.png", bytes);
		expect((await owner.settled(id)).status).toBe("ready");
		const form = await announce(bytes);
		await post(form, bytes);
		const duplicate = await owner.settled(form.item_id);
		expect(duplicate).toMatchObject({
			status: "failed",
			error: { code: "duplicate", duplicate_of: id },
		});
		await expect.poll(() => exists(form.fields.key)).toBe(false);
		await expect(owner.call("GET", `/images/${duplicate.filename}`)).rejects.toMatchObject({ status: 404 });
	});
});

test("an announced digest is corrected by that of the uploaded bytes", async () => {
	const [announced, real] = [await drawing(), await drawing()];
	const item = await upload(real, { sha256: sha256(announced) });
	expect(item.status).toBe("ready");
	expect(await announce(real, { sha256: sha256(real) })).toMatchObject({
		id: item.id,
	});
	const corrected = await upload(announced, { sha256: sha256(announced) });
	expect(corrected).toMatchObject({ status: "ready", error: null });
	expect(corrected.id).not.toBe(item.id);
});

test.each<[string, () => Promise<Bytes>, string]>([
	[
		"a JPEG announced as PNG",
		async () =>
			new Uint8Array(
				await sharp(await drawing())
					.jpeg()
					.toBuffer(),
			),
		"other_type",
	],
	["a text", async () => new TextEncoder().encode("this is no image at all"), "unsupported_image"],
	[
		"half a PNG",
		async () => {
			const bytes = await drawing();
			return bytes.slice(0, bytes.length / 2);
		},
		"undecodable_image",
	],
])("%s fails with an error code", async (_, bytes, code) => {
	const { status, error } = await upload(await bytes());
	expect({ status, code: error?.code }).toEqual({ status: "failed", code });
	expect(error?.detail).toMatch(/\w.*\.$/);
});

test("a failed item is retried under its id when its digest is announced again", async () => {
	const bytes = await drawing();
	const failed = await upload(bytes.slice(0, 3000), {
		sha256: sha256(bytes),
		size: 3000,
	});
	expect(failed.status).toBe("failed");
	const item = await upload(bytes, { sha256: sha256(bytes) });
	expect(item).toMatchObject({ id: failed.id, status: "ready", error: null });
});

test("a deleted pending item stays gone when its bytes arrive", async () => {
	const bytes = await drawing();
	const form = await announce(bytes);
	await owner.call("DELETE", `/items/${form.item_id}`);
	expect((await post(form, bytes)).status).toBe(204);
	await expect.poll(() => exists(form.fields.key), { timeout: 20_000 }).toBe(false);
	await expect(owner.item(form.item_id)).rejects.toMatchObject({ status: 404 });
	const item = await upload(bytes, { sha256: sha256(bytes) });
	expect(item).toMatchObject({ status: "ready" });
	expect(item.id).not.toBe(form.item_id);
});

describe.skipIf(!local)(
	`an upload after its form has expired${local ? "" : " (skipped: only a local cloud's time can be moved)"}`,
	() => {
		let control: Control;
		beforeAll(() => {
			if (operator) control = new Control(outputs, operator);
		});
		const age = (itemId: string, minutes: number) =>
			control.sql(
				`update items set stage_at = stage_at - make_interval(mins => $2), swept_at = null
				 where id = $1`,
				[itemId, minutes],
			);

		test("fails an hour later, and not before", async () => {
			const { item_id } = await announce(await drawing());
			await age(item_id, 74);
			await control.sweepNow();
			expect((await owner.item(item_id)).status).toBe("pending");
			await age(item_id, 2);
			await control.sweepNow();
			expect(await owner.item(item_id)).toMatchObject({
				status: "failed",
				error: { code: "upload_missing" },
			});
		});

		test("has its full time again with a second form", async () => {
			const bytes = await drawing();
			const more = { sha256: sha256(bytes) };
			const first = await announce(bytes, more);
			await age(first.item_id, 76);
			await control.sweepNow();
			const again = await announce(bytes, more);
			expect(again.item_id).toBe(first.item_id);
			await control.sweepNow();
			expect((await owner.item(first.item_id)).status).toBe("pending");
			await post(again, bytes);
			expect((await owner.settled(first.item_id)).status).toBe("ready");
		});
	},
);
