import { beforeEach, describe, expect, it } from "vitest";
import { deleteItem } from "#core/items/delete-item.ts";
import { originalKey, thumbnailKey } from "#core/items/item.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import { requestAnalysis } from "#core/pipeline/request-work.ts";
import { sweep } from "#core/pipeline/sweep.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";
import { readyItem } from "./api/ready-item.ts";

const user = "11111111-1111-4111-8111-111111111111";
const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const nothing = {
	eventsSent: 0,
	itemsRestarted: 0,
	requestsRestarted: 0,
	jobsWoken: 0,
	receiversWoken: 0,
	uploadsMissing: 0,
	deletionsFinished: 0,
	errors: [],
};

let ports: FakePorts;
beforeEach(() => {
	ports = fakePorts();
});

const upload = async (bytes = png) => (await uploadItem(ports, user, { filename: "a.png", bytes })).item;
/** Creates an item whose bytes have not arrived. */
const announceUpload = async () => {
	const { item } = await ports.items.create({
		id: crypto.randomUUID(),
		userId: user,
		originalFilename: "a.png",
		mimeType: "image/png",
		fileSize: 8,
		sha256: null,
		correlationId: "c",
	});
	return item;
};
const pass = (minutes: number) => ports.clock.advance(minutes * 60);
const sent = () => ports.events.published.map(({ type, source }) => `${type} of ${source}`);

describe("the sweeper", () => {
	it("does not restart items that make progress", async () => {
		await upload();
		pass(1);
		expect(await sweep(ports)).toEqual(nothing);
		expect(sent()).toEqual([]);
	});

	it("restarts a stalled item once, not at every sweep", async () => {
		const item = await upload();
		pass(3);
		expect(await sweep(ports)).toEqual({ ...nothing, itemsRestarted: 1 });
		expect(ports.events.published).toMatchObject([
			{
				type: "OriginalStored",
				source: "collections.cleanup",
				detail: { item_id: item.id, original_key: originalKey(item) },
			},
		]);
		pass(5);
		expect(await sweep(ports)).toEqual(nothing);
		pass(15);
		expect(await sweep(ports)).toMatchObject({ itemsRestarted: 1 });
	});

	it("leaves a leased item to its holder until the lease expires", async () => {
		const item = await upload();
		await ports.stages.claim(user, item.id, "process", 600);
		pass(5);
		expect(await sweep(ports)).toEqual(nothing);
		pass(6);
		expect(await sweep(ports)).toMatchObject({ itemsRestarted: 1 });
	});

	it("restarts an item whose bytes arrived without an event", async () => {
		const item = await announceUpload();
		await ports.objects.put(originalKey(item), png, "image/png");
		pass(3);
		expect(await sweep(ports)).toMatchObject({ itemsRestarted: 1 });
	});

	it("fails an upload whose bytes have not arrived after an hour, and not before", async () => {
		const item = await announceUpload();
		pass(50);
		expect(await sweep(ports)).toEqual(nothing);
		pass(30);
		expect(await sweep(ports)).toMatchObject({ uploadsMissing: 1 });
		const found = await ports.items.find(user, item.id);
		expect(found?.item.error?.code).toBe("upload_missing");
	});

	it("sends committed events that were never sent, with their own source", async () => {
		await readyItem(ports, user);
		pass(1);
		expect(await sweep(ports)).toEqual({ ...nothing, eventsSent: 3 });
		expect(sent()).toEqual([
			"ImageProcessed of collections.imageprocessor",
			"AnalysisComplete of collections.analyzer",
			"ItemReady of collections.embedder",
		]);
		pass(60);
		expect(await sweep(ports)).toEqual(nothing);
	});

	it("restarts a request without a holder", async () => {
		const { itemId } = await readyItem(ports, user);
		await sweepEverything();
		await requestAnalysis(ports, user, itemId, { force: true });
		ports.events.published.length = 0;
		pass(1);
		expect(await sweep(ports)).toEqual(nothing);
		pass(2);
		expect(await sweep(ports)).toEqual({ ...nothing, requestsRestarted: 1 });
		expect(sent()).toEqual(["AnalysisRequested of collections.cleanup"]);
	});

	it("removes objects stored for an item after its deletion, for two hours", async () => {
		const { itemId } = await readyItem(ports, user);
		await deleteItem(ports, user, itemId);
		const late = thumbnailKey(user, itemId);
		await ports.objects.put(late, png, "image/webp");
		pass(20);
		expect(await sweep(ports)).toEqual(nothing);
		expect(await ports.objects.exists(late)).toBe(false);
		await ports.objects.put(late, png, "image/webp");
		pass(120);
		expect(await sweep(ports)).toEqual({ ...nothing, deletionsFinished: 1 });
		expect(await ports.objects.exists(late)).toBe(false);
	});

	describe("goes on after a failure of one person's, and reports it", () => {
		const stranger = "22222222-2222-4222-8222-222222222222";

		it("that is an event of the outbox", async () => {
			const [{ itemId }, { itemId: whole }] = [await readyItem(ports, user), await readyItem(ports, stranger)];
			const broken = ports.store.items.get(itemId)?.outbox[0]?.event;
			if (!broken) throw new Error("The outbox is empty.");
			Object.assign(broken.detail, { item_id: "none" });
			pass(1);
			const { errors, ...report } = await sweep(ports);
			expect(report).toMatchObject({ eventsSent: 5 });
			expect(errors).toEqual([expect.objectContaining({ name: "EventsNotPublished", ids: new Set([broken.id]) })]);
			expect(ports.events.published.filter(({ detail }) => detail.item_id === whole)).toHaveLength(3);
			// What was sent is not sent again; what was not stays.
			expect(await ports.outbox.unsent({ olderThanSeconds: 0, limit: 10 })).toEqual([broken]);
		});

		it("that is a stalled item without the analysis of its status", async () => {
			const [broken, whole] = [await upload(), await upload(new Uint8Array([...png, 1]))];
			Object.assign(ports.store.items.get(broken.id)?.item ?? {}, { status: "analyzed" });
			pass(3);
			const { errors, ...report } = await sweep(ports);
			expect(report).toMatchObject({ itemsRestarted: 1 });
			expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining(broken.id) })]);
			expect(ports.events.published).toMatchObject([{ detail: { item_id: whole.id } }]);
		});

		it("that is an object which cannot be looked for, or removed", async () => {
			const [broken, arrived] = [await announceUpload(), await announceUpload()];
			await ports.objects.put(originalKey(arrived), png, "image/png");
			const [kept, removed] = [await readyItem(ports, user), await readyItem(ports, user)];
			for (const { itemId } of [kept, removed]) await deleteItem(ports, user, itemId);
			const { objects } = ports;
			const refuse = (key: string) => {
				if (key.includes(broken.id) || key.includes(kept.itemId)) throw new Error(`No access to ${key}.`);
			};
			ports.objects = {
				...objects,
				async exists(key) {
					refuse(key);
					return objects.exists(key);
				},
				async deleteAll(prefix) {
					refuse(prefix);
					await objects.deleteAll(prefix);
				},
			};
			pass(150);
			const { errors, ...report } = await sweep(ports);
			expect(report).toMatchObject({ itemsRestarted: 1, deletionsFinished: 1 });
			expect(errors.map(String)).toEqual([
				expect.stringContaining(`No access to originals/${user}/${broken.id}`),
				expect.stringContaining(kept.itemId),
			]);
		});

		it("that is a statement of one of its steps", async () => {
			await upload();
			await readyItem(ports, user);
			ports.outbox.unsent = async () => {
				throw new Error("The statement timed out.");
			};
			pass(3);
			expect(await sweep(ports)).toMatchObject({
				eventsSent: 0,
				itemsRestarted: 1,
				errors: [{ message: "The statement timed out." }],
			});
		});
	});

	async function sweepEverything() {
		pass(1);
		await sweep(ports);
	}
});
